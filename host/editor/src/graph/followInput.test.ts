import { describe, expect, test } from "vitest";
import type { Graph } from "./document";
import { catalog, recolor } from "./fixtures";
import { followInput, type ScopedInput } from "./followInput";
import { makeSubgraph } from "./makeSubgraph";
import { removeNodes, renameNode } from "./nodes";
import { unpack } from "./unpack";
import { setInput } from "./values";

const seed: ScopedInput = { scope: null, node: "sample", input: "seed" };

function done<T extends { ok: boolean }>(outcome: T): Extract<T, { ok: true }> {
  if (!outcome.ok) throw new Error("refused");
  return outcome as Extract<T, { ok: true }>;
}

describe("an input is followed", () => {
  test("to the same place when something else changes", () => {
    expect(followInput(recolor, removeNodes(recolor, null, ["clip"]), seed)).toEqual([seed]);
  });

  test("to a node's new name, and back when that is undone", () => {
    const { graph } = done(renameNode(recolor, null, "sample", "paint"));
    expect(followInput(recolor, graph, seed)).toEqual([{ ...seed, node: "paint" }]);
    expect(followInput(graph, recolor, { ...seed, node: "paint" })).toEqual([seed]);
  });

  test("into a subgraph, and back when that is undone", () => {
    const plain: Graph = { ...recolor, exposed: {} };
    const { graph, definition } = done(makeSubgraph(plain, null, ["sample", "decode"], "Paint", catalog));
    const inside = { ...seed, scope: definition };
    expect(followInput(plain, graph, seed)).toEqual([inside]);
    expect(followInput(graph, plain, inside)).toEqual([seed]);
  });

  test("from an instance that has a value of its own to the inner node when it is unpacked", () => {
    const offered: Graph = { ...recolor, exposed: { number: "sample.seed" } };
    const { graph, instance, definition } = done(makeSubgraph(offered, null, ["sample"], "Paint", catalog));
    const [input = ""] =
      Object.entries(graph.definitions?.[definition]?.inputs ?? {}).find(([, to]) => to === "sample.seed") ?? [];
    const own = setInput(graph, null, instance, input, 5);
    const unpacked = done(unpack(own, null, instance)).graph;
    expect(unpacked.nodes["sample"]?.inputs).toMatchObject({ seed: 5 });
    expect(followInput(own, unpacked, { scope: null, node: instance, input })).toEqual([seed]);
  });

  test("out of a subgraph that is unpacked, and stays in it for other instances", () => {
    const plain: Graph = { ...recolor, exposed: {} };
    const { graph, instance, definition } = done(makeSubgraph(plain, null, ["sample"], "Paint", catalog));
    const inside = { ...seed, scope: definition };
    expect(followInput(graph, done(unpack(graph, null, instance)).graph, inside)).toEqual([inside, seed]);
  });

  test("nowhere when its node is deleted, also where another one of the type stays", () => {
    const two: Graph = { ...recolor, nodes: { ...recolor.nodes, other: { type: "kontext/FlowSample" } } };
    expect(followInput(two, removeNodes(two, null, ["sample"]), seed)).toEqual([]);
  });
});
