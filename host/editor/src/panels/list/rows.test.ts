import { describe, expect, it } from "vitest";

import type { NodeDefinition, Port } from "../../api/contract";
import { Catalog } from "../../graph/catalog";
import type { Graph } from "../../graph/document";
import { topological } from "../order";
import { inputText, rowsOf } from "./rows";

const definition = (id: string, inputs: Port[], outputs: Port[]): NodeDefinition => ({
  id,
  category: "test",
  version: 1,
  deterministic: true,
  concurrency: "parallel",
  inputs,
  outputs,
});
const catalog = new Catalog([
  definition("t/Join", [{ name: "texts", kind: "text", list: true }], [{ name: "text", kind: "text" }]),
  definition("t/Text", [{ name: "text", kind: "text", default: "" }], [{ name: "text", kind: "text" }]),
]);

const graph: Graph = {
  format: "wirebrush/graph",
  version: 1,
  nodes: {
    a: { type: "t/Join", inputs: { texts: [{ from: "c.text" }, { from: "b.text" }] } },
    b: { type: "t/Text", inputs: { text: { from: "c.text" } } },
    c: { type: "t/Text", inputs: { text: "hello" } },
  },
};

describe("the order of the list", () => {
  it("puts every node after what it needs", () => {
    expect(topological(graph)).toEqual(["c", "b", "a"]);
  });

  it("has every node once, also in circles and with links to nowhere", () => {
    const circle: Graph = {
      ...graph,
      nodes: {
        a: { type: "t/Text", inputs: { text: { from: "b.text" } } },
        b: { type: "t/Text", inputs: { text: { from: "a.text" } } },
        c: { type: "t/Text", inputs: { text: { from: "gone.text" } } },
        d: { type: "t/Text", inputs: { text: { from: "d.text" } } },
      },
    };
    expect(topological(circle)).toEqual(["c", "d", "a", "b"]);
  });
});

it("rows of an expanded node say what comes in and where it goes", () => {
  const rows = rowsOf(graph, null, catalog, new Set(["a", "c"]));
  expect(rows.map((row) => (row.kind === "node" ? row.key : `${row.key}: ${row.text}`))).toEqual([
    "c",
    "c.in.text: hello",
    "c.out.text: to a › texts, b › text",
    "b",
    "a",
    "a.in.texts: from c › text, from b › text",
    "a.out.text: goes nowhere",
  ]);
  expect(rows[1]).toMatchObject({ place: 1, count: 2 });
});

describe("an input in words", () => {
  const port: Port = { name: "x", kind: "int" };
  it.each([
    [port, undefined, "missing"],
    [{ ...port, optional: true }, undefined, "empty"],
    [{ ...port, default: 20 }, undefined, "20 (default)"],
    [{ ...port, default: 20 }, 7, "7"],
    [port, { from: "a.b" }, "from a › b"],
    [port, [], "empty"],
    [port, "x".repeat(70), `${"x".repeat(60)}…`],
  ])("%#", (of, given, text) => expect(inputText(of, given)).toBe(text));
});
