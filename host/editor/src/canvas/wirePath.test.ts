import { expect, it } from "vitest";
import { bendIndex, wireMiddle, wirePath, wirePoints } from "./wirePath";

const from = { x: 0, y: 0 };
const to = { x: 300, y: 100 };

it("begins and ends at the ports and passes every bend", () => {
  const points = wirePoints(from, to, [[100, 80]]);
  expect(points[0]).toEqual(from);
  expect(points.at(-1)).toEqual(to);
  expect(points).toContainEqual({ x: 100, y: 80 });
});

it("leaves to the right and arrives from the left, also when the target lies behind", () => {
  for (const target of [to, { x: -300, y: 40 }]) {
    const points = wirePoints(from, target, []);
    expect(points[1]!.x).toBeGreaterThan(0);
    expect(points.at(-2)!.x).toBeLessThan(target.x);
  }
});

it("is one curve for each stretch between bends", () => {
  expect(wirePath(from, to, []).match(/C/g)).toHaveLength(1);
  expect(
    wirePath(from, to, [
      [100, 80],
      [200, 20],
    ]).match(/C/g),
  ).toHaveLength(3);
});

it("puts a new bend between the bends it lies between", () => {
  const bends = [
    [100, 80],
    [200, 20],
  ] as const;
  expect(bendIndex({ x: 40, y: 20 }, from, to, bends)).toBe(0);
  expect(bendIndex({ x: 150, y: 50 }, from, to, bends)).toBe(1);
  expect(bendIndex({ x: 280, y: 95 }, from, to, bends)).toBe(2);
});

it("has its middle on the wire", () => {
  const middle = wireMiddle(from, to, []);
  expect(middle.x).toBeCloseTo(150);
  expect(middle.y).toBeCloseTo(50);
});
