import { describe, expect, it } from "vitest";

import { differenceOf } from "./difference";
import { inside, zoomedAt } from "./useZoom";

const pixels = (...values: number[]) => new Uint8ClampedArray(values);

describe("the difference of two pictures", () => {
  it("is the absolute difference of each channel times the gain, cut at white, opaque", () => {
    const {
      pixels: shown,
      max,
      mean,
      changed,
    } = differenceOf(pixels(10, 20, 30, 255, 5, 5, 5, 0), pixels(12, 10, 30, 255, 5, 5, 5, 255), 20);
    expect([...shown]).toEqual([40, 200, 0, 255, 0, 0, 0, 255]);
    expect({ max, mean, changed }).toEqual({ max: 10, mean: 2, changed: 0.5 });
    expect(differenceOf(pixels(0, 0, 0, 255), pixels(200, 0, 0, 255), 4).pixels[0]).toBe(255);
  });

  it("is refused for different sizes, and nothing for nothing", () => {
    expect(() => differenceOf(pixels(1, 2, 3, 4), pixels(), 1)).toThrow(RangeError);
    expect(differenceOf(pixels(), pixels(), 1)).toMatchObject({ max: 0, mean: 0, changed: 0 });
  });
});

describe("zoom", () => {
  it("keeps the point under the pointer where it is", () => {
    const zoom = zoomedAt({ scale: 2, x: 0.1, y: -0.2 }, 1.5, 0.25, 0.1);
    const pointBefore = (0.25 - 0.1) / 2;
    expect((0.25 - zoom.x) / zoom.scale).toBeCloseTo(pointBefore);
  });

  it("never leaves the box nor shrinks below the fit", () => {
    expect(inside({ scale: 2, x: 9, y: -9 })).toEqual({ scale: 2, x: 0.5, y: -0.5 });
    expect(zoomedAt({ scale: 1.1, x: 0.05, y: 0 }, 0.1, 0.5, 0.5)).toEqual({ scale: 1, x: 0, y: 0 });
    expect(zoomedAt({ scale: 30, x: 0, y: 0 }, 10, 0, 0).scale).toBe(32);
  });
});
