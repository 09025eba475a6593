import { expect, it } from "vitest";
import { freeSpot } from "./freeSpot";

const card = { x: 0, y: 0, width: 240, height: 200 };

it("leaves a place alone that is free", () => {
  expect(freeSpot({ x: 400, y: 0 }, 240, 200, [card])).toEqual({ x: 400, y: 0 });
});

it("goes to the nearest place beside what is there", () => {
  const { x, y } = freeSpot({ x: 200, y: 10 }, 240, 200, [card]);
  expect(x >= 260 || y >= 220 || x + 240 <= -20 || y + 200 <= -20).toBe(true);
  expect(Math.hypot(x - 200, y - 10)).toBeLessThan(120);
});

it("gives the wanted place when everything around is taken", () => {
  const everywhere = { x: -1e6, y: -1e6, width: 2e6, height: 2e6 };
  expect(freeSpot({ x: 5, y: 5 }, 10, 10, [everywhere])).toEqual({ x: 5, y: 5 });
});
