import { describe, expect, test } from "vitest";
import { nodesInfo } from "./fixtures";
import { connects, feeds, kindColor, kindShape } from "./kinds";

/** The host's table: rows are outputs, columns inputs. */
const KINDS = [
  "none",
  "bool",
  "int",
  "float",
  "text",
  "choice",
  "bytes",
  "image",
  "mask",
  "tensor",
  "any",
  "a/h@1",
  "a/h@2",
];
const BEYOND_EQUAL = new Set(["int→float", "mask→image", "choice→text", "text→choice"]);

describe("kinds", () => {
  test.each(KINDS)("%s connects to itself and to any, and any to it", (kind) => {
    expect(connects(kind, kind).ok).toBe(true);
    expect(connects(kind, "any").ok).toBe(true);
    expect(connects("any", kind).ok).toBe(true);
  });

  const pairs = KINDS.filter((kind) => kind !== "any").flatMap((from) =>
    KINDS.filter((kind) => kind !== "any" && kind !== from).map((to) => [from, to] as const),
  );
  test.each(pairs)("%s to %s follows the host", (from, to) => {
    expect(connects(from, to).ok).toBe(BEYOND_EQUAL.has(`${from}→${to}`));
  });

  test("an input takes further kinds beside its own, and only those", () => {
    const model = { kind: "text", also: ["a/model@1"] };
    expect(["text", "choice", "a/model@1"].map((kind) => feeds(kind, model).ok)).toEqual([true, true, true]);
    expect(["a/model@2", "image"].map((kind) => feeds(kind, model).ok)).toEqual([false, false]);
    expect(feeds("a/model@1", { kind: "text" }).ok).toBe(false);
  });

  test("a refusal says what is given and what is taken", () => {
    expect(connects("image", "text")).toEqual({
      ok: false,
      reason: "The output gives an image, the input takes text.",
    });
    expect(connects("none", "kontext/latent@1")).toEqual({
      ok: false,
      reason: "The output gives nothing, the input takes a kontext/latent@1.",
    });
  });

  test("the handles of the bundled plugins have colors of their own, whatever their version", () => {
    const ports = nodesInfo.nodes.flatMap((node) => [...node.inputs, ...node.outputs]);
    const handles = new Set(ports.map((port) => port.kind).filter((kind) => kind.includes("/")));
    expect(handles.size).toBeGreaterThan(3);
    expect(new Set([...handles].map(kindColor)).size).toBe(handles.size);
    expect(kindColor("kontext/latent@2")).toBe(kindColor("kontext/latent@1"));
    expect(kindColor("kontext/latent@1")).toMatch(/^--kind-handle-[0-6]$/);
  });

  test("pictures, masks, texts, numbers and handles differ in shape", () => {
    const shapes = ["image", "mask", "text", "float", "kontext/latent@1"].map(kindShape);
    expect(new Set(shapes).size).toBe(5);
  });
});
