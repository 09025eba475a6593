/** Where something new can lie without covering anything. */
import type { Box } from "./minimapPlace";
import type { XY } from "./wirePath";

const STEP = 40;
const GAP = 20;
/** Rings that are searched; further away it would not be found again. */
const RINGS = 30;

/** The free place nearest to the wanted one, in rings around it; the wanted one when all are taken. */
export function freeSpot(wanted: XY, width: number, height: number, taken: readonly Box[]): XY {
  const isFree = ({ x, y }: XY) =>
    taken.every(
      (box) =>
        x + width + GAP <= box.x ||
        box.x + box.width + GAP <= x ||
        y + height + GAP <= box.y ||
        box.y + box.height + GAP <= y,
    );
  for (let ring = 0; ring <= RINGS; ring += 1) {
    const found = ringAround(wanted, ring).filter(isFree);
    const nearest = found.sort((a, b) => distance(a, wanted) - distance(b, wanted))[0];
    if (nearest) return nearest;
  }
  return wanted;
}

function ringAround({ x, y }: XY, ring: number): XY[] {
  if (ring === 0) return [{ x, y }];
  const places: XY[] = [];
  for (let step = -ring; step <= ring; step += 1) {
    places.push({ x: x + step * STEP, y: y - ring * STEP }, { x: x + step * STEP, y: y + ring * STEP });
    places.push({ x: x - ring * STEP, y: y + step * STEP }, { x: x + ring * STEP, y: y + step * STEP });
  }
  return places;
}

function distance(a: XY, b: XY): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
