import { expect, it } from "vitest";
import { BLANK, redoStep, undoStep, withStep } from "./strokes";
import type { Step } from "./strokes";

const stroke: Step = { tool: "brush", size: 10, points: [[1, 2]] };

it("takes steps back in turn and brings them again", () => {
  const painted = withStep(withStep(BLANK, stroke), { tool: "invert" });
  const back = undoStep(painted);
  expect(back.steps).toEqual([stroke]);
  expect(redoStep(back)).toEqual(painted);
  expect(undoStep(undoStep(back)).steps).toEqual([]);
});

it("forgets what was taken back once something new is painted", () => {
  const again = withStep(undoStep(withStep(BLANK, stroke)), { tool: "clear" });
  expect(redoStep(again)).toEqual(again);
});
