import { expect, it } from "vitest";
import { place } from "./minimapPlace";

it("fits everything into the minimap with its middle in the middle", () => {
  const boxes = [
    { x: -100, y: 0, width: 100, height: 50 },
    { x: 900, y: 400, width: 100, height: 100 },
  ];
  const { scale, left, top } = place(boxes, 200, 100);
  for (const box of boxes) {
    expect((box.x - left) * scale).toBeGreaterThanOrEqual(0);
    expect((box.x + box.width - left) * scale).toBeLessThanOrEqual(200);
    expect((box.y + box.height - top) * scale).toBeLessThanOrEqual(100);
  }
  expect((450 - left) * scale).toBeCloseTo(100);
  expect((250 - top) * scale).toBeCloseTo(50);
});

it("has a scale when there is nothing", () => {
  expect(place([], 200, 100).scale).toBeGreaterThan(0);
});
