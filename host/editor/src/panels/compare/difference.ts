/** How two pictures of the same size differ, pixel by pixel. */

/** Pixels as a canvas gives them: four bytes each, row by row. */
export type Pixels = Uint8ClampedArray<ArrayBuffer>;

/** Where two pictures differ, and by how much. */
export interface Difference {
  /** Opaque picture of the absolute differences of red, green and blue, times the gain. */
  pixels: Pixels;
  /** Largest difference of any channel, 0 to 255. */
  max: number;
  /** Average difference of the three channels, 0 to 255. */
  mean: number;
  /** Part of the pixels that differ at all, 0 to 1. */
  changed: number;
}

/** Throws when the sizes differ. */
export function differenceOf(a: Pixels, b: Pixels, gain: number): Difference {
  if (a.length !== b.length)
    throw new RangeError(`expected pictures of one size, found ${a.length} and ${b.length} bytes`);
  const pixels = new Uint8ClampedArray(a.length);
  let max = 0;
  let sum = 0;
  let changed = 0;
  for (let at = 0; at < a.length; at += 4) {
    let largest = 0;
    for (let channel = 0; channel < 3; channel += 1) {
      const difference = Math.abs((a[at + channel] ?? 0) - (b[at + channel] ?? 0));
      pixels[at + channel] = difference * gain;
      sum += difference;
      if (difference > largest) largest = difference;
    }
    pixels[at + 3] = 255;
    if (largest > 0) changed += 1;
    if (largest > max) max = largest;
  }
  const count = a.length / 4;
  return { pixels, max, mean: count === 0 ? 0 : sum / (count * 3), changed: count === 0 ? 0 : changed / count };
}
