import { expect, test } from "vitest";
import { recolor } from "../graph/fixtures";
import { setInput } from "../graph/values";
import { newHistory, present, record, redo, redoable, sealed, undo, undoable } from "./history";

const say = (text: string) => setInput(recolor, null, "prompt", "text", text);
const [one, two, three] = [say("one"), say("two"), say("three")];

test("undo gives back the identical graph, redo as well", () => {
  const history = record(record(newHistory(recolor), "one", one), "two", two);
  expect(present(undo(history))).toBe(one);
  expect(present(undo(undo(history)))).toBe(recolor);
  expect(undo(undo(undo(history)))).toEqual(undo(undo(history)));
  expect(present(redo(undo(history)))).toBe(two);
  expect([undoable(undo(history))?.label, redoable(undo(history))?.label]).toEqual(["one", "two"]);
});

test("a new step forgets what was undone, and no change is no step", () => {
  const history = record(undo(record(newHistory(recolor), "one", one)), "two", two);
  expect(history.steps.map((step) => step.label)).toEqual(["two"]);
  expect(record(history, "again", two)).toBe(history);
});

test("steps with the same key are one, until something else comes between", () => {
  const typed = record(record(newHistory(recolor), "type", one, "prompt"), "type", two, "prompt");
  expect(typed.steps).toHaveLength(1);
  expect(present(undo(typed))).toBe(recolor);
  expect(record(typed, "type", three, "other").steps).toHaveLength(2);
  expect(record(sealed(typed), "type", three, "prompt").steps).toHaveLength(2);
  expect(record(typed, "type", structuredClone(recolor), "prompt")).toEqual(newHistory(recolor));
  const undone = undo(record(typed, "more", three));
  expect(record(undone, "type", one, "prompt").steps.map((step) => step.graph)).toEqual([two, one]);
});
