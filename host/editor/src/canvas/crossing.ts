/** Plane geometry of cutting wires and of dropping nodes on them. */
import type { XY } from "./wirePath";

/** Whether two chains of straight pieces cross or touch. */
export function chainsCross(a: readonly XY[], b: readonly XY[]): boolean {
  for (let i = 1; i < a.length; i += 1) {
    for (let j = 1; j < b.length; j += 1) {
      if (piecesCross(a[i - 1]!, a[i]!, b[j - 1]!, b[j]!)) return true;
    }
  }
  return false;
}

function piecesCross(a: XY, b: XY, c: XY, d: XY): boolean {
  if (Math.max(a.x, b.x) < Math.min(c.x, d.x) || Math.max(c.x, d.x) < Math.min(a.x, b.x)) return false;
  if (Math.max(a.y, b.y) < Math.min(c.y, d.y) || Math.max(c.y, d.y) < Math.min(a.y, b.y)) return false;
  return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
}

/** Positive on one side of the line from `a` to `b`, negative on the other. */
function side(a: XY, b: XY, p: XY): number {
  return Math.sign((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x));
}

/** Distance from a point to a chain of straight pieces; infinite for an empty chain. */
export function distanceTo(point: XY, chain: readonly XY[]): number {
  let nearest = Infinity;
  for (let index = 1; index < chain.length; index += 1) {
    nearest = Math.min(nearest, distanceToPiece(point, chain[index - 1]!, chain[index]!));
  }
  return nearest;
}

function distanceToPiece(p: XY, a: XY, b: XY): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length));
  return Math.hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}
