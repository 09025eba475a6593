import { describe, expect, test } from "vitest";
import { nodeOf } from "./body";
import type { Graph } from "./document";
import { chain, from, graphOf, node, recolor } from "./fixtures";
import { addNode, EMPTY_GRAPH, removeNodes, renameNode, setNote, setState, setTitle } from "./nodes";
import { clearInput, setInput } from "./values";

const everywhere: Graph = {
  ...chain,
  exposed: {
    amount: "invert.amount",
    picture: { input: "invert.image", "x-group": 1 },
    out: { from: "invert.image", "x-kept": 2 } as never,
  },
  layout: {
    ...chain.layout,
    "invert.image": [[1, 2]],
    "save.image": [[3, 4]],
    "x-other": { kept: true },
    frames: { A: { rect: [0, 0, 9, 9] } },
  },
};

describe("adding a node", () => {
  test("names it by its type and puts it on whole pixels", () => {
    const first = addNode(EMPTY_GRAPH, null, "kontext/VAEDecode", [10.4, -3.6]);
    expect(first.name).toBe("vae-decode");
    expect(first.graph).toEqual(
      graphOf({ "vae-decode": node("kontext/VAEDecode") }, { layout: { "vae-decode": [10, -4] } }),
    );
    expect(addNode(first.graph, null, "kontext/VAEDecode", [0, 0]).name).toBe("vae-decode-2");
  });

  test("takes the wanted name and inputs", () => {
    const { graph, name } = addNode(chain, null, "text/Text", [0, 0], { name: "photo", inputs: { text: "cup" } });
    expect(name).toBe("photo-2");
    expect(nodeOf(graph, null, name)).toEqual({ type: "text/Text", inputs: { text: "cup" } });
    expect(graph.nodes["photo"]).toBe(chain.nodes["photo"]);
  });

  test("finds no node where only JavaScript has a property", () => {
    expect(nodeOf(EMPTY_GRAPH, null, "constructor")).toBeUndefined();
    const { graph, name } = addNode(EMPTY_GRAPH, null, "a/b", [0, 0], { name: "__proto__" });
    expect(name).toBe("__proto__");
    expect(Object.keys(graph.nodes)).toEqual(["__proto__"]);
    expect(Object.keys(removeNodes(graph, null, ["__proto__"]).nodes)).toEqual([]);
  });
});

describe("removing nodes", () => {
  test("takes wires, places, bends and exposed entries with them", () => {
    expect(removeNodes(everywhere, null, ["invert"])).toEqual({
      format: "wirebrush/graph",
      version: 1,
      nodes: { photo: node("image/LoadImage", { file: "cup.png" }), save: node("image/SaveImage") },
      layout: { photo: [0, 0], save: [400, 0], "x-other": { kept: true }, frames: { A: { rect: [0, 0, 9, 9] } } },
    });
  });

  test("changes nothing when there is none of them", () => {
    expect(removeNodes(recolor, null, ["gone"])).toBe(recolor);
  });
});

describe("renaming a node", () => {
  test("is followed by everything that speaks of it", () => {
    const renamed = renameNode(everywhere, null, "invert", "negative");
    expect(renamed.ok && renamed.graph).toEqual({
      ...everywhere,
      nodes: {
        photo: chain.nodes["photo"],
        negative: chain.nodes["invert"],
        save: node("image/SaveImage", { image: from("negative.image") }),
      },
      exposed: {
        amount: "negative.amount",
        picture: { input: "negative.image", "x-group": 1 },
        out: { from: "negative.image", "x-kept": 2 },
      },
      layout: {
        photo: [0, 0],
        negative: [200, 0],
        save: [400, 0],
        "negative.image": [[1, 2]],
        "save.image": [[3, 4]],
        "x-other": { kept: true },
        frames: { A: { rect: [0, 0, 9, 9] } },
      },
    });
  });

  test.each([
    ["photo", "There is a node “photo” already."],
    ["a.b", "A name cannot contain “.”."],
    ["frames", "The name “frames” is taken by the layout."],
  ])("to %s is refused", (to, reason) => {
    expect(renameNode(chain, null, "invert", to)).toEqual({ ok: false, reason });
  });
});

describe("what is said about a node", () => {
  test("a default state and an empty note are not written", () => {
    const muted = setState(chain, null, ["photo", "save", "gone"], "muted");
    expect(muted.nodes["photo"]?.state).toBe("muted");
    expect(setState(muted, null, ["photo", "save"], "normal")).toEqual(chain);
    expect(setState(chain, null, ["photo"], "normal")).toBe(chain);
    const noted = setNote(chain, null, "photo", "the *cup*");
    expect(noted.nodes["photo"]?.note).toBe("the *cup*");
    expect(setNote(noted, null, "photo", "")).toEqual(chain);
    expect(setTitle(setTitle(chain, "Cup"), "")).toEqual(chain);
  });

  test("values are set and cleared; equal ones change nothing", () => {
    const set = setInput(chain, null, "invert", "amount", "18446744073709551615");
    expect(set.nodes["invert"]?.inputs?.["amount"]).toBe("18446744073709551615");
    expect(setInput(chain, null, "invert", "amount", 0.5)).toBe(chain);
    expect(clearInput(chain, null, "photo", "file").nodes["photo"]).toEqual({ type: "image/LoadImage" });
    expect(clearInput(chain, null, "photo", "mask")).toBe(chain);
  });
});
