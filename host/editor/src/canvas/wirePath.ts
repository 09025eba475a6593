/** The course of a wire, as a path to draw and as points to test against. */

export interface XY {
  x: number;
  y: number;
}

/** A cubic curve from `a` to `b`. */
interface Curve {
  a: XY;
  c: XY;
  d: XY;
  b: XY;
}

const SHORTEST_PULL = 24;
const LONGEST_PULL = 180;
const STEPS = 14;

/** The path of a wire that leaves to the right, passes its bends and arrives from the left, for SVG. */
export function wirePath(from: XY, to: XY, bends: readonly (readonly [number, number])[]): string {
  const [first, ...rest] = curves(from, to, bends);
  if (!first) return "";
  const start = `M${round(first.a)}C${round(first.c)} ${round(first.d)} ${round(first.b)}`;
  return start + rest.map((curve) => `C${round(curve.c)} ${round(curve.d)} ${round(curve.b)}`).join("");
}

/** Adds the same course to a path that is painted. */
export function traceWire(path: Path2D, from: XY, to: XY, bends: readonly (readonly [number, number])[]): void {
  path.moveTo(from.x, from.y);
  for (const { c, d, b } of curves(from, to, bends)) path.bezierCurveTo(c.x, c.y, d.x, d.y, b.x, b.y);
}

/** Points along the wire, close enough to it for cutting and dropping. */
export function wirePoints(from: XY, to: XY, bends: readonly (readonly [number, number])[]): XY[] {
  const points: XY[] = [from];
  for (const curve of curves(from, to, bends)) {
    for (let step = 1; step <= STEPS; step += 1) points.push(pointAt(curve, step / STEPS));
  }
  return points;
}

/** Halfway along the wire. */
export function wireMiddle(from: XY, to: XY, bends: readonly (readonly [number, number])[]): XY {
  const all = curves(from, to, bends);
  const middle = all[Math.floor((all.length - 1) / 2)];
  return middle ? pointAt(middle, all.length % 2 === 0 ? 1 : 0.5) : from;
}

/** Where in the list of bends a new one at this point belongs: after as many bends as the wire passes before it. */
export function bendIndex(point: XY, from: XY, to: XY, bends: readonly (readonly [number, number])[]): number {
  let nearest = { index: 0, distance: Infinity };
  curves(from, to, bends).forEach((curve, index) => {
    for (let step = 0; step <= STEPS; step += 1) {
      const { x, y } = pointAt(curve, step / STEPS);
      const distance = Math.hypot(x - point.x, y - point.y);
      if (distance < nearest.distance) nearest = { index, distance };
    }
  });
  return nearest.index;
}

function curves(from: XY, to: XY, bends: readonly (readonly [number, number])[]): Curve[] {
  const stops = [from, ...bends.map(([x, y]) => ({ x, y })), to];
  return stops.slice(1).map((b, index) => {
    const a = stops[index] ?? from;
    return { a, c: shift(a, pullAt(stops, index), 1), d: shift(b, pullAt(stops, index + 1), -1), b };
  });
}

/** Direction and strength with which the wire passes a stop: level at its ends, along its neighbours at a bend. */
function pullAt(stops: readonly XY[], index: number): XY {
  const here = stops[index] ?? { x: 0, y: 0 };
  const before = stops[index - 1];
  const after = stops[index + 1];
  if (before && after) return { x: (after.x - before.x) / 6, y: (after.y - before.y) / 6 };
  const other = before ?? after ?? here;
  const distance = Math.hypot(other.x - here.x, other.y - here.y);
  const reach = before ? here.x - other.x : other.x - here.x;
  // Between nodes that stand close, a longer pull would take the wire behind them.
  const pull = reach >= 0 ? Math.min(distance / 2.4, Math.max(reach, SHORTEST_PULL)) : distance / 1.8;
  return { x: Math.min(LONGEST_PULL, Math.max(Math.min(SHORTEST_PULL, distance), pull)), y: 0 };
}

function shift(point: XY, by: XY, sign: number): XY {
  return { x: point.x + by.x * sign, y: point.y + by.y * sign };
}

function pointAt({ a, c, d, b }: Curve, t: number): XY {
  const s = 1 - t;
  const [p, q, r, u] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
  return { x: p * a.x + q * c.x + r * d.x + u * b.x, y: p * a.y + q * c.y + r * d.y + u * b.y };
}

function round({ x, y }: XY): string {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
}
