import { describe, expect, it } from "vitest";
import type { Port } from "../api/contract";
import type { Input } from "../graph/document";
import { HEADER, layoutNode, slotsOf } from "./geometry";
import type { NodeContents } from "./geometry";

const image: Port = { name: "image", kind: "image" };
const amount: Port = { name: "amount", kind: "float", default: 1 };
const text: Port = { name: "text", kind: "text", widget: "textarea" };
const cfg: Port = { name: "cfg", kind: "float", default: 1, advanced: true };
const start: Port = { name: "start", kind: "image", advanced: true, optional: true };
const list: Port = { name: "references", kind: "kontext/latent@1", list: true, optional: true };
const result: Port = { name: "image", kind: "image" };

const contents = (
  inputs: Port[],
  values: Record<string, Input> = {},
  rest: Partial<NodeContents> = {},
): NodeContents => ({
  inputs,
  outputs: [result],
  values,
  known: true,
  place: [0, 0],
  advancedOpen: false,
  picture: false,
  message: undefined,
  ...rest,
});

const targets = (node: NodeContents) =>
  layoutNode(node)
    .handles.filter((handle) => handle.type === "target")
    .map((handle) => handle.id);

describe("rows", () => {
  it("puts sockets and outputs beside each other and controls below", () => {
    const { rows } = layoutNode(contents([amount, image]));
    expect(rows.map((row) => row.kind)).toEqual(["sockets", "field"]);
    expect(rows[0]).toMatchObject({ input: { handle: "image" }, output: { name: "image" } });
  });

  it("never overlap and lie inside the node", () => {
    const { rows, height } = layoutNode(
      contents([image, amount, text, cfg], {}, { advancedOpen: true, picture: true, message: "Too dark." }),
    );
    rows.forEach((row, index) =>
      expect(row.y).toBe(index === 0 ? HEADER + 6 : rows[index - 1]!.y + rows[index - 1]!.height),
    );
    expect(rows.at(-1)!.y + rows.at(-1)!.height).toBeLessThan(height);
  });

  it("keep an input in its place when it is wired", () => {
    const free = layoutNode(contents([amount])).handles.find((handle) => handle.id === "amount");
    const wired = layoutNode(contents([amount], { amount: { from: "a.b" } })).handles.find(
      (handle) => handle.id === "amount",
    );
    expect(wired).toEqual({ ...free, wired: true });
  });

  it("grow with the lines of a text up to a limit", () => {
    const height = (value: string) => layoutNode(contents([text], { text: value })).height;
    expect(height("a\nb\nc\nd")).toBeGreaterThan(height("a"));
    expect(height("a\n".repeat(100))).toBe(height("a\n".repeat(50)));
  });
});

describe("advanced inputs", () => {
  it("are folded away, except those that are wired", () => {
    expect(targets(contents([cfg, start]))).toEqual([]);
    expect(targets(contents([cfg, start], { cfg: { from: "a.b" } }))).toEqual(["cfg"]);
  });

  it("say how many of them are set", () => {
    expect(layoutNode(contents([cfg, start], { cfg: 2 })).rows.at(-1)).toMatchObject({
      kind: "advanced",
      ports: 2,
      changed: 1,
    });
  });

  it("all show when unfolded", () => {
    expect(targets(contents([cfg, start], {}, { advancedOpen: true }))).toEqual(["cfg", "start"]);
  });
});

describe("lists", () => {
  it("have a slot for each item and one to add another", () => {
    const slots = slotsOf(list, { references: [{ from: "a.latent" }, { from: "b.latent" }] });
    expect(slots.map((slot) => slot.handle)).toEqual(["references.0", "references.1", "references"]);
    expect(slots[1]?.from).toEqual({ node: "b", output: "latent" });
  });

  it("take a single link as their only item", () => {
    expect(slotsOf(list, { references: { from: "a.latent" } }).map((slot) => slot.handle)).toEqual(["references"]);
  });
});

describe("folded nodes", () => {
  it("are their header, with every port at the middle of a side", () => {
    const node = layoutNode(contents([image, amount, cfg], {}, { place: [0, 0, 240, 0] }));
    expect(node.height).toBe(HEADER);
    expect(node.handles.map((handle) => handle.id)).toEqual(["image", "image", "amount", "cfg"]);
    expect(new Set(node.handles.map((handle) => handle.y))).toEqual(new Set([HEADER / 2]));
  });
});

describe("sizes the user gave", () => {
  it("widen the node and give the height that is left to its picture", () => {
    const small = layoutNode(contents([image], {}, { picture: true }));
    const large = layoutNode(contents([image], {}, { picture: true, place: [0, 0, 400, small.height + 100] }));
    expect(large.width).toBe(400);
    expect(large.rows.at(-1)!.height).toBe(small.rows.at(-1)!.height + 100);
  });

  it("never cut off what the node holds", () => {
    expect(layoutNode(contents([image, amount], {}, { place: [0, 0, 20, 20] }))).toEqual(
      layoutNode(contents([image, amount], {}, { place: [0, 0, 180, 20] })),
    );
  });
});

describe("nodes of unknown types", () => {
  it("show the values they hold", () => {
    const unknown: Port = { name: "strength", kind: "any", optional: true };
    const { rows } = layoutNode(contents([unknown], { strength: 0.5 }, { known: false }));
    expect(rows.map((row) => row.kind)).toEqual(["sockets", "literal"]);
  });
});
