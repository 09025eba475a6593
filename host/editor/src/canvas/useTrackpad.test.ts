import { expect, it } from "vitest";
import { isTrackpad } from "./useTrackpad";

const wheel = (deltaX: number, deltaY: number, deltaMode = 0) => ({ deltaX, deltaY, deltaMode });

it("takes whole notches for a mouse", () => {
  expect(isTrackpad(wheel(0, 120))).toBe(false);
  expect(isTrackpad(wheel(0, -100))).toBe(false);
  expect(isTrackpad(wheel(0, 3, 1))).toBe(false);
});

it("takes small, uneven and sideways movements for two fingers", () => {
  expect(isTrackpad(wheel(0, 4))).toBe(true);
  expect(isTrackpad(wheel(0, 52.5))).toBe(true);
  expect(isTrackpad(wheel(-60, 0))).toBe(true);
});
