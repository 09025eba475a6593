import { describe, expect, it } from "vitest";

import type { NodeDefinition } from "../api/contract";
import { Catalog } from "../graph/catalog";
import type { Graph } from "../graph/document";
import { fieldsOf, labelOf, moveField } from "./fields";

const text: NodeDefinition = {
  id: "text/Text",
  category: "text",
  version: 1,
  deterministic: true,
  concurrency: "parallel",
  inputs: [{ name: "text", kind: "text", default: "" }],
  outputs: [{ name: "text", kind: "text" }],
};
const catalog = new Catalog([text]);

const graph: Graph = {
  format: "wirebrush/graph",
  version: 1,
  nodes: {
    a: { type: "text/Text", inputs: { text: "hello" } },
    b: { type: "text/Text", inputs: { text: { from: "a.text" } } },
  },
  exposed: { z: "a.text", m: "b.text", gone: "c.text", result: { from: "b.text" } },
};

const names = (of: Graph) => fieldsOf(of, catalog).map((field) => field.name);

describe("fields of the form", () => {
  it("are the exposed inputs by name, with value, wire, and what is missing", () => {
    expect(fieldsOf(graph, catalog)).toEqual([
      { name: "gone", node: "c", port: undefined, wired: false, value: undefined },
      { name: "m", node: "b", port: text.inputs[0], wired: true, value: undefined },
      { name: "z", node: "a", port: text.inputs[0], wired: false, value: "hello" },
    ]);
  });

  it("are moved to any place, and what else is said about them is kept", () => {
    const moved = moveField(graph, catalog, "z", 0);
    expect(names(moved)).toEqual(["z", "gone", "m"]);
    const noted: Graph = { ...moved, exposed: { ...moved.exposed, z: { input: "a.text", order: 0, hint: "x" } } };
    const again = moveField(noted, catalog, "z", 2);
    expect(names(again)).toEqual(["gone", "m", "z"]);
    expect(again.exposed?.["z"]).toEqual({ input: "a.text", order: 2, hint: "x" });
    expect(again.exposed?.["result"]).toEqual({ from: "b.text" });
  });

  it("stay where they are when there is no such place or field", () => {
    expect(moveField(graph, catalog, "z", 3)).toBe(graph);
    expect(moveField(graph, catalog, "nothing", 0)).toBe(graph);
    expect(moveField(graph, catalog, "gone", 0)).toBe(graph);
  });

  it("have readable labels", () => {
    expect(labelOf("second_prompt")).toBe("Second prompt");
  });
});
