import { describe, expect, test } from "vitest";
import { bodyOf } from "./body";
import { portsOf } from "./catalog";
import type { Graph } from "./document";
import { catalog, chain, examples, from, graphOf, node, recolor, twoReferences } from "./fixtures";
import { removeNodes } from "./nodes";
import { addBend } from "./places";
import { addInstance, contains, detach, removeUnused, renameDefinition } from "./definitions";
import { makeSubgraph } from "./makeSubgraph";
import { unpack } from "./unpack";

function made(graph: Graph, names: string[], name = "Part", scope: string | null = null) {
  const outcome = makeSubgraph(graph, scope, names, name, catalog);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome;
}

function unpacked(graph: Graph, instance: string, scope: string | null = null): Graph {
  const outcome = unpack(graph, scope, instance);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.graph;
}

function withoutDefinitions({ definitions: _, ...graph }: Graph): Graph {
  return graph as Graph;
}

describe("making a subgraph", () => {
  test("crossing wires become inputs and outputs with the names of their ports", () => {
    const { graph, instance, definition } = made(recolor, ["t5", "clip", "sample"], "Draw");
    expect([instance, definition]).toEqual(["Draw", "Draw"]);
    expect(graph.nodes["Draw"]).toEqual({
      type: "#Draw",
      inputs: { text: from("prompt.text"), references: [from("reference.latent")] },
    });
    expect(graph.nodes["decode"]?.inputs?.["latent"]).toEqual(from("Draw.latent"));
    expect(graph.definitions?.["Draw"]).toMatchObject({
      inputs: {
        text: ["clip.text", "t5.text"],
        references: "sample.references",
        seed: "sample.seed",
        steps: "sample.steps",
      },
      outputs: { latent: from("sample.latent") },
    });
    expect(Object.keys(graph.definitions?.["Draw"]?.nodes ?? {}).sort()).toEqual(["clip", "sample", "t5"]);
    expect(graph.exposed).toEqual({ ...recolor.exposed, seed: "Draw.seed", steps: "Draw.steps" });
    expect(portsOf(graph, graph.nodes["Draw"]!, catalog).inputs.find((port) => port.name === "seed")).toMatchObject({
      kind: "int",
      default: 0,
    });
  });

  test("places inside begin at zero and the instance takes the corner", () => {
    const bent = addBend(addBend(recolor, null, "sample.t5", [700, 300]), null, "t5.text", [100, 290]);
    const { graph } = made(bent, ["t5", "clip", "sample"], "Draw");
    expect(graph.layout?.["Draw"]).toEqual([260, 120]);
    expect(graph.layout).not.toHaveProperty("t5");
    expect(graph.definitions?.["Draw"]?.layout).toEqual({
      t5: [0, 140],
      clip: [0, 300],
      sample: [520, 0],
      "sample.t5": [[440, 180]],
    });
  });

  test("ports of the same name get the node's name in front", () => {
    const graph = graphOf({
      a: node("image/LoadImage"),
      b: node("image/LoadImage"),
      mix: node("image/Composite", { base: from("x.image"), top: from("y.image") }),
      x: node("image/Invert", { image: from("a.image") }),
      y: node("image/Invert", { image: from("b.image") }),
    });
    const { graph: result } = made(graph, ["x", "y"]);
    expect(result.definitions?.["Part"]).toMatchObject({
      inputs: { image: "x.image", "y-image": "y.image" },
      outputs: { image: from("x.image"), "y-image": from("y.image") },
    });
  });

  test("is refused around a node that lies between", () => {
    expect(makeSubgraph(recolor, null, ["photo", "reference"], "Part", catalog)).toEqual({
      ok: false,
      reason: "“fit” lies between the selected nodes; select it as well.",
    });
  });

  test("is refused when a list takes wires from both sides", () => {
    const names = [
      (twoReferences.nodes["sample"]?.inputs?.["references"] as { from: string }[])[0]?.from.split(".")[0] ?? "",
      "sample",
    ];
    expect(makeSubgraph(twoReferences, null, names, "Part", catalog)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("“sample.references”"),
    });
    expect(makeSubgraph(recolor, null, ["gone"], "Part", catalog)).toMatchObject({ ok: false });
  });

  test.each(Object.entries(examples))("%s: unpacking gives back what was before", (_, graph) => {
    const { t5, clip, sample } = graph.nodes;
    expect([t5, clip, sample].every((it) => it !== undefined)).toBe(true);
    const bent = addBend(addBend(graph, null, "sample.t5", [700, 300]), null, "clip.text", [100, 290]);
    const { graph: packed, instance } = made(bent, ["t5", "clip", "sample"]);
    expect(withoutDefinitions(unpacked(packed, instance))).toEqual(bent);
  });

  test("inside a subgraph, its named ports follow", () => {
    const outer = made(recolor, ["photo", "fit", "reference"], "Outer");
    const inner = made(outer.graph, ["fit", "reference"], "Inner", "Outer");
    expect(bodyOf(inner.graph, "Outer")).toMatchObject({
      outputs: { fit: from("Inner.fit"), latent: from("Inner.latent") },
    });
    const again = unpacked(inner.graph, "Inner", "Outer");
    expect(again.definitions?.["Outer"]).toEqual(outer.graph.definitions?.["Outer"]);
  });
});

describe("unpacking", () => {
  const relight = {
    inputs: { picture: ["invert.image", "mix.base"], amount: "invert.amount" },
    outputs: { image: from("mix.image") },
    nodes: {
      invert: node("image/Invert", { amount: 0.1, "x-kept": 1 }),
      mix: node("image/Composite", { top: from("invert.image") }),
    },
    layout: { invert: [10, 10], mix: [110, 10], frames: { A: { rect: [0, 0, 50, 50] as const } } },
  };
  const graph: Graph = graphOf(
    {
      photo: node("image/LoadImage"),
      invert: node("#Relight", { picture: from("photo.image"), amount: 0.75 }),
      save: node("image/SaveImage", { image: from("invert.image") }),
    },
    {
      definitions: { Relight: relight },
      layout: { invert: [500, 500], "invert.picture": [[400, 400]], frames: { A: { rect: [0, 0, 1, 1] } } },
      exposed: { strength: "invert.amount", out: from("invert.image") },
    },
  );

  test("applies the values and wires the instance owns, under names that are free", () => {
    const outcome = unpack(graph, null, "invert");
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.names).toEqual(["invert-2", "mix"]);
    expect(outcome.graph.nodes).toEqual({
      photo: node("image/LoadImage"),
      save: node("image/SaveImage", { image: from("mix.image") }),
      "invert-2": node("image/Invert", { amount: 0.75, "x-kept": 1, image: from("photo.image") }),
      mix: node("image/Composite", { top: from("invert-2.image"), base: from("photo.image") }),
    });
    expect(outcome.graph.exposed).toEqual({ strength: "invert-2.amount", out: from("mix.image") });
    expect(outcome.graph.layout).toEqual({
      "invert-2": [500, 500],
      mix: [600, 500],
      "invert-2.image": [[400, 400]],
      frames: { A: { rect: [0, 0, 1, 1] }, "A-2": { rect: [490, 490, 50, 50] } },
    });
    expect(outcome.graph.definitions).toBe(graph.definitions);
  });

  test("leaves other instances and the defaults inside alone", () => {
    const two = { ...graph, nodes: { ...graph.nodes, other: node("#Relight") } };
    const result = unpacked(two, "invert");
    expect(result.nodes["other"]).toBe(two.nodes["other"]);
    expect(result.definitions?.["Relight"]).toBe(relight);
  });

  test("a muted instance leaves muted nodes", () => {
    const muted = { ...graph, nodes: { ...graph.nodes, invert: node("#Relight", {}, { state: "muted" }) } };
    expect(unpacked(muted, "invert").nodes["mix"]?.state).toBe("muted");
  });

  test("is refused for what is no instance", () => {
    expect(unpack(graph, null, "photo")).toMatchObject({ ok: false });
    expect(unpack({ ...graph, nodes: { x: node("#Gone") } }, null, "x")).toMatchObject({ ok: false });
  });
});

describe("definitions", () => {
  const nested: Graph = graphOf(
    { a: node("#Outer") },
    {
      definitions: {
        Outer: { nodes: { inner: node("#Inner") } },
        Inner: { nodes: { invert: node("image/Invert") } },
        Free: { nodes: {} },
      },
    },
  );

  test("an instance is added anywhere but inside itself", () => {
    expect(contains(nested, "Outer", "Inner")).toBe(true);
    expect(addInstance(nested, "Free", "Outer", [1, 2])).toMatchObject({ ok: true, name: "Outer" });
    expect(addInstance(nested, "Inner", "Outer", [0, 0])).toEqual({
      ok: false,
      reason: "“Outer” cannot be inside “Inner”: it would contain itself.",
    });
    expect(addInstance(nested, "Inner", "Inner", [0, 0])).toMatchObject({ ok: false });
    expect(addInstance(nested, null, "Gone", [0, 0])).toMatchObject({ ok: false });
  });

  test("instances follow a new name, wherever they are", () => {
    const renamed = renameDefinition(nested, "Inner", "Core");
    expect(renamed.ok && renamed.graph.definitions).toEqual({
      Outer: { nodes: { inner: node("#Core") } },
      Core: { nodes: { invert: node("image/Invert") } },
      Free: { nodes: {} },
    });
    expect(renameDefinition(nested, "Inner", "Outer")).toMatchObject({ ok: false });
    expect(renameDefinition(nested, "Inner", "a/b")).toMatchObject({ ok: false });
  });

  test("only unused ones are removed", () => {
    expect(Object.keys(removeUnused(nested).definitions ?? {})).toEqual(["Outer", "Inner"]);
    expect(removeUnused(removeNodes(nested, null, ["a"]))).toEqual(graphOf({}));
    expect(removeUnused(chain)).toBe(chain);
  });

  test("a detached instance has a copy of its own", () => {
    const detached = detach(nested, null, "a");
    expect(detached).toMatchObject({ ok: true, definition: "Outer-2" });
    expect(detached.ok && detached.graph.nodes["a"]?.type).toBe("#Outer-2");
    expect(detached.ok && detached.graph.definitions?.["Outer-2"]).toBe(nested.definitions?.["Outer"]);
  });

  test("when an inner node goes, instances forget its port", () => {
    const { graph } = made(chain, ["invert"], "Part");
    const emptied = removeNodes(graph, "Part", ["invert"]);
    expect(emptied.definitions?.["Part"]).toEqual({ nodes: {} });
    expect(emptied.nodes["Part"]).toEqual({ type: "#Part" });
    expect(emptied.nodes["save"]).toEqual({ type: "image/SaveImage" });
  });
});
