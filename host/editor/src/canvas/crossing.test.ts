import { describe, expect, it } from "vitest";
import { chainsCross, distanceTo } from "./crossing";

const at = (x: number, y: number) => ({ x, y });

describe("chainsCross", () => {
  it("finds a stroke across a wire, also where only one piece of it crosses", () => {
    const wire = [at(0, 0), at(50, 0), at(100, 0)];
    expect(chainsCross([at(75, -10), at(75, 10)], wire)).toBe(true);
    expect(chainsCross([at(0, 30), at(60, 20), at(70, -5)], wire)).toBe(true);
  });

  it("leaves a wire alone that the stroke only comes near", () => {
    const wire = [at(0, 0), at(100, 0)];
    expect(chainsCross([at(0, 1), at(100, 1)], wire)).toBe(false);
    expect(chainsCross([at(120, -10), at(120, 10)], wire)).toBe(false);
    expect(chainsCross([at(10, 10)], wire)).toBe(false);
  });

  it("counts touching as crossing", () => {
    expect(chainsCross([at(50, -10), at(50, 0)], [at(0, 0), at(100, 0)])).toBe(true);
  });
});

describe("distanceTo", () => {
  it("measures to the nearest piece, ends included", () => {
    const wire = [at(0, 0), at(100, 0), at(100, 100)];
    expect(distanceTo(at(50, 7), wire)).toBe(7);
    expect(distanceTo(at(103, 104), wire)).toBe(5);
    expect(distanceTo(at(0, 0), [])).toBe(Infinity);
  });
});
