import { expect, it } from "vitest";

import { Catalog } from "../../graph/catalog";
import type { Graph } from "../../graph/document";
import { missingTypes } from "./missing";

const catalog = new Catalog([
  {
    id: "text/Text",
    category: "text",
    version: 1,
    deterministic: true,
    concurrency: "parallel",
    inputs: [],
    outputs: [],
  },
]);

it("finds missing types also inside subgraphs, each once", () => {
  const graph: Graph = {
    format: "wirebrush/graph",
    version: 1,
    nodes: {
      a: { type: "text/Text" },
      b: { type: "acme.tone/Levels" },
      c: { type: "acme.tone/Levels" },
      d: { type: "#Relight" },
    },
    definitions: { Relight: { nodes: { inner: { type: "acme.light/Lamp" } } } },
  };
  expect(missingTypes(graph, catalog)).toEqual(["acme.light/Lamp", "acme.tone/Levels"]);
  expect(missingTypes({ ...graph, nodes: {}, definitions: {} }, catalog)).toEqual([]);
});
