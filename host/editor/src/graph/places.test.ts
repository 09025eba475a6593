import { describe, expect, test } from "vitest";
import { align, distribute } from "./align";
import { chain, examples, graphOf, node, recolor } from "./fixtures";
import {
  addFrame,
  framesOf,
  moveFrame,
  removeFrame,
  renameFrame,
  resizeFrame,
  setFrameColor,
  setFrameNote,
} from "./frames";
import { nodesInFrame } from "./frames";
import { autoLayout } from "./layout";
import { addBend, isCollapsed, moveBend, moveNodes, placeOf, removeBend, resizeNode, setCollapsed } from "./places";
import { wiresOf } from "./wires";

const size = () => [200, 100] as const;

describe("places", () => {
  test("nodes move to whole pixels and keep their size", () => {
    const resized = resizeNode(chain, null, "photo", [300.2, 150]);
    expect(placeOf(resized, "photo")).toEqual([0, 0, 300, 150]);
    const moved = moveNodes(resized, null, { photo: [10.6, -2], gone: [1, 1] });
    expect(placeOf(moved, "photo")).toEqual([11, -2, 300, 150]);
    expect(Object.keys(moved.layout ?? {})).toEqual(Object.keys(chain.layout ?? {}));
    expect(placeOf(resizeNode(moved, null, "photo", undefined), "photo")).toEqual([11, -2]);
  });

  test("moving to where it is changes nothing, and never the logic", () => {
    expect(moveNodes(chain, null, { photo: [0, 0] })).toBe(chain);
    expect(moveNodes(chain, null, { photo: [1, 0] }).nodes).toBe(chain.nodes);
  });

  test("a folded node has height 0", () => {
    const folded = setCollapsed(resizeNode(chain, null, "photo", [300, 150]), null, ["photo"], true);
    expect(placeOf(folded, "photo")).toEqual([0, 0, 300, 0]);
    expect(isCollapsed(folded, "photo")).toBe(true);
    expect(placeOf(setCollapsed(folded, null, ["photo"], false), "photo")).toEqual([0, 0]);
  });

  test("bends are added, moved and removed", () => {
    const two = addBend(addBend(chain, null, "save.image", [9, 9]), null, "save.image", [1, 1], 0);
    expect(two.layout?.["save.image"]).toEqual([
      [1, 1],
      [9, 9],
    ]);
    const moved = moveBend(two, null, "save.image", 1, [5, 5.4]);
    expect(moved.layout?.["save.image"]).toEqual([
      [1, 1],
      [5, 5],
    ]);
    expect(removeBend(removeBend(moved, null, "save.image", 1), null, "save.image", 0)).toEqual(chain);
    expect(moveBend(moved, null, "save.image", 1, [5, 5])).toBe(moved);
  });

  test("nodes line up at an edge or a center", () => {
    const sizes: Record<string, readonly [number, number]> = { photo: [100, 50], invert: [200, 80], save: [300, 20] };
    const sizeOf = (name: string) => sizes[name] ?? [0, 0];
    const names = ["photo", "invert", "save"];
    const places = (graph: typeof chain) => names.map((name) => placeOf(graph, name));
    expect(places(align(chain, null, names, "right", sizeOf))).toEqual([
      [600, 0],
      [500, 0],
      [400, 0],
    ]);
    expect(places(align(chain, null, names, "bottom", sizeOf))).toEqual([
      [0, 30],
      [200, 0],
      [400, 60],
    ]);
    expect(places(align(chain, null, names, "middle", sizeOf))).toEqual([
      [0, 15],
      [200, 0],
      [400, 30],
    ]);
    expect(align(chain, null, names, "top", sizeOf)).toBe(chain);
    expect(align(chain, null, ["photo"], "right", sizeOf)).toBe(chain);
  });

  test("gaps become equal", () => {
    const uneven = moveNodes(chain, null, { invert: [110, 0], save: [700, 0] });
    const even = distribute(uneven, null, ["save", "photo", "invert"], "row", () => [100, 50]);
    expect(placeOf(even, "invert")).toEqual([350, 0]);
    expect(placeOf(even, "save")).toEqual([700, 0]);
  });
});

describe("frames", () => {
  test("have titles of their own and keep unknown fields", () => {
    const one = addFrame(chain, null, "A/B", [0, 0, 10.6, 10], { color: "#3a7" });
    const two = addFrame(one.graph, null, "A/B", [1, 1, 2, 2]);
    expect([one.title, two.title]).toEqual(["A/B", "A/B-2"]);
    expect(framesOf(two.graph)).toEqual({
      "A/B": { rect: [0, 0, 11, 10], color: "#3a7" },
      "A/B-2": { rect: [1, 1, 2, 2] },
    });
    expect(renameFrame(two.graph, null, "A/B", "A/B-2")).toMatchObject({ ok: false });
    const odd = { ...chain, layout: { frames: { A: { rect: [0, 0, 1, 1] as const, "x-kept": 1 } } } };
    const edited = setFrameColor(
      setFrameNote(resizeFrame(odd, null, "A", [1, 2, 3, 4]), null, "A", "*n*"),
      null,
      "A",
      "#111",
    );
    expect(framesOf(edited)).toEqual({ A: { rect: [1, 2, 3, 4], note: "*n*", color: "#111", "x-kept": 1 } });
    expect(removeFrame(odd, null, "A").layout).toBeUndefined();
  });

  test("move with the nodes in them", () => {
    const { graph } = addFrame(chain, null, "A", [-10, -10, 400, 200]);
    const inside = nodesInFrame(graph, { rect: [-10, -10, 400, 200] }, size);
    expect(inside).toEqual(["photo", "invert"]);
    const moved = moveFrame(graph, null, "A", [5, 7], inside);
    expect(framesOf(moved)["A"]?.rect).toEqual([-5, -3, 400, 200]);
    expect(["photo", "invert", "save"].map((name) => placeOf(moved, name))).toEqual([
      [5, 7],
      [205, 7],
      [400, 0],
    ]);
  });
});

describe("auto layout", () => {
  test.each(Object.entries(examples))("%s: every node lies right of those it needs and none overlap", (_, graph) => {
    const arranged = autoLayout(graph, null, undefined, size);
    const at = (name: string) => placeOf(arranged, name) ?? [NaN, NaN];
    for (const { from, to } of wiresOf(arranged)) expect(at(to.node)[0]).toBeGreaterThanOrEqual(at(from.node)[0] + 200);
    const names = Object.keys(arranged.nodes);
    for (const a of names) {
      for (const b of names.filter((name) => name < a)) {
        const apart = Math.abs(at(a)[0] - at(b)[0]) >= 200 || Math.abs(at(a)[1] - at(b)[1]) >= 100;
        expect(apart, `${a} and ${b}`).toBe(true);
      }
    }
    expect(arranged.nodes).toBe(graph.nodes);
  });

  test("keeps the upper left corner and what is not selected, and gives the same each time", () => {
    const moved = moveNodes(recolor, null, { photo: [500, 400], fit: [520, 390] });
    const arranged = autoLayout(moved, null, ["fit", "photo"], size);
    expect(placeOf(arranged, "photo")).toEqual([500, 390]);
    expect(placeOf(arranged, "fit")).toEqual([790, 390]);
    expect(placeOf(arranged, "sample")).toEqual(placeOf(recolor, "sample"));
    const reversed = { ...moved, nodes: Object.fromEntries(Object.entries(moved.nodes).reverse()) };
    expect(autoLayout(reversed, null, undefined, size).layout).toEqual(autoLayout(moved, null, undefined, size).layout);
  });

  test("lets frames enclose the nodes in them and straightens wires", () => {
    const framed = addFrame(chain, null, "A", [-10, -10, 400, 150]).graph;
    const bent = addBend(framed, null, "save.image", [1, 1]);
    const arranged = autoLayout(bent, null, undefined, size);
    expect(arranged.layout?.["save.image"]).toBeUndefined();
    expect(framesOf(arranged)["A"]?.rect).toEqual([-30, -60, 550, 190]);
  });

  test("arranges nodes with the names of what every object has", () => {
    const nodes = JSON.parse(
      '{"__proto__":{"type":"a/B"},"constructor":{"type":"a/B","inputs":{"i":{"from":"__proto__.o"}}},"toString":{"type":"a/B"}}',
    ) as typeof chain.nodes;
    const arranged = autoLayout(graphOf(nodes), null, undefined, size);
    expect(placeOf(arranged, "constructor")?.[0]).toBeGreaterThan(placeOf(arranged, "__proto__")?.[0] ?? NaN);
    expect(placeOf(arranged, "toString")).toHaveLength(2);
  });

  test("arranges a graph without any places", () => {
    const graph = graphOf({ a: node("text/Text"), b: node("text/Text") });
    expect(Object.keys(autoLayout(graph, null, undefined, size).layout ?? {}).sort()).toEqual(["a", "b"]);
  });
});
