/** The document's types are written by hand; here they are held against the host's JSON Schema of the same document. */
import { describe, expect, test } from "vitest";
import type { Frame, Graph, GraphNode, Link, NodeState, Subgraph } from "./document";
import schema from "./fixtures/schema.json";
import { nameProblem } from "./names";

/** The fields a type names, without those it lets pass. */
type Named<T> = keyof { [Field in keyof T as string extends Field ? never : Field]: T[Field] };

/** Exactly the named fields of a type: one too many or too few does not compile. */
type Fields<T> = Record<Named<T>, true>;

const graph: Fields<Graph> = {
  format: true,
  version: true,
  title: true,
  nodes: true,
  layout: true,
  requires: true,
  made_with: true,
  models: true,
  exposed: true,
  definitions: true,
};
const node: Fields<GraphNode> = { type: true, inputs: true, state: true, note: true };
const subgraph: Fields<Subgraph> = { inputs: true, outputs: true, nodes: true, layout: true };
const frame: Fields<Frame> = { rect: true, color: true, note: true };
const link: Fields<Link> = { from: true };
const states: Record<NodeState, true> = { normal: true, muted: true, bypassed: true };

const { $defs } = schema;

describe("the types of the document", () => {
  test.each([
    ["graph", graph, schema.properties],
    ["node", node, $defs.node.properties],
    ["subgraph", subgraph, $defs.subgraph.properties],
    ["frame", frame, $defs.layout.properties.frames.additionalProperties.properties],
    ["link", link, $defs.link.properties],
  ])("have the fields of the schema of a %s", (_, fields, properties) => {
    expect(Object.keys(fields).sort()).toEqual(Object.keys(properties).sort());
  });

  test("have the states and the version of the schema", () => {
    expect(Object.keys(states)).toEqual($defs.node.properties.state.enum);
    expect(schema.properties.version.const).toBe(1 satisfies Graph["version"]);
    expect(schema.properties.format.const).toBe("wirebrush/graph" satisfies Graph["format"]);
  });

  test("and the rules for names are those of the schema", () => {
    const pattern = new RegExp($defs.name.pattern, "u");
    for (const character of Array.from({ length: 0x2100 }, (_, code) => String.fromCodePoint(code))) {
      const name = `a${character}b`;
      expect(nameProblem(name) === undefined, `U+${character.codePointAt(0)?.toString(16)}`).toBe(pattern.test(name));
    }
    expect(nameProblem("x".repeat($defs.name.maxLength))).toBeUndefined();
    expect(nameProblem("x".repeat($defs.name.maxLength + 1))).toBeDefined();
  });
});
