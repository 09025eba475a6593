import { expect, test } from "vitest";
import { recolor } from "./fixtures";
import { removeNodes } from "./nodes";
import { applyPatch, diff } from "./patch";
import { moveNodes } from "./places";

test("a patch is as small as the change and leads to the same state", () => {
  const moved = moveNodes(recolor, null, { photo: [7, 8] });
  const patch = diff(recolor, moved);
  expect(patch).toEqual({ fields: { layout: { fields: { photo: { set: [7, 8] } } } } });
  const again = applyPatch(recolor, patch);
  expect(again).toEqual(moved);
  expect(again.nodes).toBe(recolor.nodes);
});

test("fields that are gone go, and nothing changed is no patch", () => {
  const removed = removeNodes(recolor, null, ["prompt"]);
  expect(applyPatch(recolor, diff(recolor, removed))).toEqual(removed);
  expect(applyPatch(removed, diff(removed, recolor))).toEqual(recolor);
  expect(diff(recolor, structuredClone(recolor))).toEqual(expect.anything());
  expect(applyPatch(recolor, diff(recolor, recolor))).toBe(recolor);
});

test("fields called set, fields or __proto__ are fields", () => {
  const before = JSON.parse('{"a":{"set":1}}') as object;
  const after = JSON.parse('{"a":{"set":2,"fields":{},"gone":["x"],"__proto__":{"x":1}}}') as object;
  expect(applyPatch(before, JSON.parse(JSON.stringify(diff(before, after))))).toEqual(after);
});
