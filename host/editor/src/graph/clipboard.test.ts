import { describe, expect, test } from "vitest";
import { copy, duplicate, isClipboard, paste } from "./clipboard";
import type { Graph } from "./document";
import { chain, from, graphOf, node, recolor } from "./fixtures";
import { framesHolding } from "./frames";
import { EMPTY_GRAPH } from "./nodes";
import { addBend, placeOf } from "./places";

function pasted(...args: Parameters<typeof paste>) {
  const outcome = paste(...args);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome;
}

describe("copying", () => {
  test("writes nodes, places and requirements as JSON with a marker", () => {
    const text = copy(recolor, null, ["t5", "prompt"]);
    expect(JSON.parse(text)).toEqual({
      format: "wirebrush/clipboard",
      version: 1,
      nodes: { prompt: recolor.nodes["prompt"], t5: recolor.nodes["t5"] },
      layout: { prompt: [0, 260], t5: [260, 260] },
      requires: { kontext: "^0.1", text: "^0.1" },
    });
    expect(isClipboard(text)).toBe(true);
  });

  test.each([
    "",
    "a cup",
    "{}",
    '{"nodes":{}}',
    '{"format":"wirebrush/clipboard","version":1,"nodes":{"a":{"inputs":{}}}}',
    '{"format":"wirebrush/clipboard","version":1,"nodes":{"a":{"type":"x/Y"}},"definitions":{"D":{"nodes":{},"inputs":{"i":1}}}}',
    "[1",
  ])("%j is no copied node", (text) => {
    expect(isClipboard(text)).toBe(false);
    expect(paste(chain, null, text, [0, 0])).toEqual({ ok: false, reason: "The clipboard holds no Wirebrush nodes." });
  });

  test("nodes of a later version are refused by name", () => {
    const text = copy(chain, null, ["photo"]).replace('"version": 1', '"version": 2');
    expect(paste(chain, null, text, [0, 0])).toMatchObject({ ok: false, reason: expect.stringContaining("(2)") });
  });
});

describe("pasting", () => {
  test("keeps wires among the nodes, drops others, and puts the corner where it is wanted", () => {
    const bent = addBend(chain, null, "save.image", [300, 50]);
    const text = copy(bent, null, ["invert", "save"]);
    const { graph, names } = pasted(EMPTY_GRAPH, null, text, [1000.4, 500]);
    expect(names).toEqual(["invert", "save"]);
    expect(graph).toEqual(
      graphOf(
        {
          invert: node("image/Invert", { amount: 0.5 }),
          save: node("image/SaveImage", { image: from("invert.image") }),
        },
        { layout: { invert: [1000, 500], save: [1200, 500], "save.image": [[1100, 550]] } as never },
      ),
    );
  });

  test("names that are taken get a number, and wires follow", () => {
    const { graph, names } = pasted(chain, null, copy(chain, null, ["invert", "save"]), [0, 300]);
    expect(names).toEqual(["invert-2", "save-2"]);
    expect(graph.nodes["save-2"]?.inputs).toEqual({ image: from("invert-2.image") });
    expect(graph.nodes["invert-2"]?.inputs).toEqual({ amount: 0.5 });
    expect(graph.nodes["save"]).toBe(chain.nodes["save"]);
    expect(placeOf(graph, "save-2")).toEqual([200, 300]);
  });

  test("wires from outside stay when told, where their node is", () => {
    const text = copy(chain, null, ["invert"]);
    const kept = pasted(chain, null, text, [0, 0], { keepOutside: true });
    expect(kept.graph.nodes["invert-2"]?.inputs).toEqual({ image: from("photo.image"), amount: 0.5 });
    const elsewhere = pasted(EMPTY_GRAPH, null, text, [0, 0], { keepOutside: true });
    expect(elsewhere.graph.nodes["invert"]?.inputs).toEqual({ amount: 0.5 });
  });

  test("a whole graph can be pasted; integers stay exact and unknown fields are kept", () => {
    const text =
      '{"format":"wirebrush/graph","version":1,"nodes":{"a":{"type":"acme/X","x-kept":[1],"inputs":{"seed":18446744073709551615}}}}';
    const { graph } = pasted(EMPTY_GRAPH, null, text, [0, 0]);
    expect(graph.nodes["a"]).toEqual({ type: "acme/X", "x-kept": [1], inputs: { seed: "18446744073709551615" } });
    expect(placeOf(graph, "a")).toEqual([0, 0]);
  });

  test("a name that is not allowed is made so", () => {
    const text =
      '{"format":"wirebrush/graph","version":1,"nodes":{"a/b":{"type":"x/Y"}, "c":{"type":"x/Y","inputs":{"i":{"from":"a/b.o"}}}}}';
    const { graph, names } = pasted(EMPTY_GRAPH, null, text, [0, 0]);
    expect(names).toEqual(["ab", "c"]);
    expect(graph.nodes["c"]?.inputs).toEqual({ i: from("ab.o") });
  });

  test("duplicating keeps the wires into the nodes and leaves the original alone", () => {
    const { graph, names } = duplicate(chain, null, ["save", "invert"]);
    expect(names).toEqual(["invert-2", "save-2"]);
    expect(graph.nodes["invert-2"]?.inputs).toEqual({ image: from("photo.image"), amount: 0.5 });
    expect(graph.nodes["save-2"]?.inputs).toEqual({ image: from("invert-2.image") });
    expect(placeOf(graph, "invert-2")).toEqual([240, 40]);
    expect(duplicate(chain, null, [])).toEqual({ graph: chain, names: [], frames: [] });
  });
});

describe("pasting instances", () => {
  const source: Graph = graphOf(
    { a: node("#Outer") },
    {
      definitions: {
        Outer: { nodes: { inner: node("#Inner") } },
        Inner: { nodes: { invert: node("image/Invert") } },
        Other: { nodes: {} },
      },
    },
  );
  const text = copy(source, null, ["a"]);

  test("brings the subgraphs they need", () => {
    const { graph } = pasted(EMPTY_GRAPH, null, text, [0, 0]);
    expect(graph.definitions).toEqual({ Outer: source.definitions?.["Outer"], Inner: source.definitions?.["Inner"] });
  });

  test("shares subgraphs that are the same", () => {
    const { graph } = pasted(source, null, text, [0, 0]);
    expect(graph.definitions).toBe(source.definitions);
    expect(graph.nodes["a-2"]).toEqual({ type: "#Outer" });
  });

  test("adds another subgraph of the same name under another, and what contains it as well", () => {
    const target = {
      ...source,
      definitions: { ...source.definitions, Inner: { nodes: { crop: node("image/Crop") } } },
    };
    const { graph } = pasted(target, null, text, [0, 0]);
    expect(graph.nodes["a-2"]).toEqual({ type: "#Outer-2" });
    expect(graph.definitions).toEqual({
      ...target.definitions,
      "Inner-2": { nodes: { invert: node("image/Invert") } },
      "Outer-2": { nodes: { inner: node("#Inner-2") } },
    });
  });

  test("is refused inside the subgraph itself", () => {
    expect(paste(source, "Inner", text, [0, 0])).toEqual({
      ok: false,
      reason: "“Outer” cannot be inside “Inner”: it would contain itself.",
    });
    expect(paste(source, "Other", text, [0, 0]).ok).toBe(true);
  });
});

describe("frames", () => {
  const size = () => [100, 60] as const;
  const framed: Graph = {
    ...chain,
    layout: {
      ...chain.layout,
      frames: {
        Both: { rect: [190, -20, 330, 120], color: "#4f8fe8" },
        All: { rect: [-20, -40, 600, 160] },
        Note: { rect: [190, -20, 330, 120], note: "text" },
        Empty: { rect: [5000, 0, 100, 100] },
      },
    },
  };

  test("hold a selection when everything in them is selected, and notes hold nothing", () => {
    expect(framesHolding(framed, ["invert", "save"], size)).toEqual(["Both"]);
    expect(framesHolding(framed, ["invert"], size)).toEqual([]);
    expect(framesHolding(framed, ["photo", "invert", "save"], size)).toEqual(["Both", "All"]);
  });

  test("are copied by title and keep their place among the nodes", () => {
    const text = copy(framed, null, ["invert", "save"], ["Both"]);
    const { graph, frames } = pasted(EMPTY_GRAPH, null, text, [1000, 500]);
    expect(frames).toEqual(["Both"]);
    expect(graph.layout?.frames).toEqual({ Both: { rect: [990, 480, 330, 120], color: "#4f8fe8" } });
    expect(placeOf(graph, "invert")).toEqual([1000, 500]);
  });

  test("get a number when their title is taken, and the ones that were there stay", () => {
    const { graph, names, frames } = duplicate(framed, null, ["invert", "save"], ["Both"]);
    expect(names).toEqual(["invert-2", "save-2"]);
    expect(frames).toEqual(["Both-2"]);
    expect(graph.layout?.frames?.["Both-2"]?.rect).toEqual([230, 20, 330, 120]);
    expect(graph.layout?.frames?.["Both"]).toBe(framed.layout?.frames?.["Both"]);
  });

  test("can be copied without nodes", () => {
    const { graph, names, frames } = duplicate(framed, null, [], ["Note"]);
    expect([names, frames]).toEqual([[], ["Note-2"]]);
    expect(graph.layout?.frames?.["Note-2"]).toEqual({ rect: [230, 20, 330, 120], note: "text" });
  });

  test("come along when a whole graph is pasted", () => {
    expect(pasted(EMPTY_GRAPH, null, JSON.stringify(framed), [0, 0]).frames).toHaveLength(4);
  });
});
