import { beforeEach, expect, it } from "vitest";

import type { Graph, Input } from "../graph/document";
import { renameNode } from "../graph/nodes";
import { advanceSeeds, followSeeds, seedMode, setSeedMode } from "./seeds";

function graphWith(seed: Input): Graph {
  return {
    format: "wirebrush/graph",
    version: 1,
    nodes: { sample: { type: "kontext/FlowSample", inputs: { seed, steps: 4 } } },
  };
}

const seedOf = (graph: Graph) => graph.nodes["sample"]?.inputs?.["seed"];

beforeEach(() => setSeedMode("doc", "sample", "seed", "fixed"));

it("a seed stays unless told otherwise", () => {
  const graph = graphWith(7);
  expect(seedMode("doc", "sample", "seed")).toBe("fixed");
  expect(advanceSeeds(graph, "doc")).toBe(graph);
});

it("increment adds one, exactly also where doubles end, and starts over after the last", () => {
  setSeedMode("doc", "sample", "seed", "increment");
  const cases: [Input, Input][] = [
    [7, 8],
    [Number.MAX_SAFE_INTEGER, "9007199254740992"],
    ["9007199254740993", "9007199254740994"],
    ["18446744073709551615", 0],
  ];
  for (const [before, after] of cases) expect(seedOf(advanceSeeds(graphWith(before), "doc"))).toBe(after);
});

it("random takes a new one and leaves other inputs alone", () => {
  setSeedMode("doc", "sample", "seed", "random");
  const graph = advanceSeeds(graphWith(7), "doc", () => 41n);
  expect(graph.nodes["sample"]?.inputs).toEqual({ seed: 41, steps: 4 });
});

it("a wired seed, a missing node and another document are left alone", () => {
  setSeedMode("doc", "sample", "seed", "increment");
  const wired = graphWith({ from: "number.int" });
  expect(advanceSeeds(wired, "doc")).toBe(wired);
  const empty: Graph = { format: "wirebrush/graph", version: 1, nodes: {} };
  expect(advanceSeeds(empty, "doc")).toBe(empty);
  const other = graphWith(7);
  expect(advanceSeeds(other, "doc2")).toBe(other);
});

it("seeds inside a subgraph move on too", () => {
  setSeedMode("doc", "inner", "seed", "increment", "Look");
  const graph: Graph = {
    ...graphWith(1),
    definitions: { Look: { nodes: { inner: { type: "x/Y", inputs: { seed: 4 } } } } },
  };
  expect(advanceSeeds(graph, "doc").definitions?.["Look"]?.nodes["inner"]?.inputs).toEqual({ seed: 5 });
});

it("a mode follows a renamed node, and comes back with undo as it is then", () => {
  const graph = graphWith(7);
  const renamed = renameNode(graph, null, "sample", "paint");
  if (!renamed.ok) throw new Error(renamed.reason);
  setSeedMode("doc", "sample", "seed", "increment");
  followSeeds("doc", graph, renamed.graph);
  expect(seedMode("doc", "paint", "seed")).toBe("increment");
  expect(seedMode("doc", "sample", "seed")).toBe("fixed");

  setSeedMode("doc", "paint", "seed", "random");
  followSeeds("doc", renamed.graph, graph);
  expect(seedMode("doc", "sample", "seed")).toBe("random");
  expect(seedMode("doc", "paint", "seed")).toBe("fixed");
});

it("the mode of a deleted node waits for undo", () => {
  const graph = graphWith(7);
  const empty: Graph = { ...graph, nodes: {} };
  setSeedMode("doc", "sample", "seed", "random");
  followSeeds("doc", graph, empty);
  followSeeds("doc", empty, graph);
  expect(seedMode("doc", "sample", "seed")).toBe("random");
});
