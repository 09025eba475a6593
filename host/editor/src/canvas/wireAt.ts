/** The wire at a point of the plane, found by its course. */
import { bodyOf } from "../graph/body";
import { wiresOf } from "../graph/wires";
import type { Wire } from "../graph/wires";
import { activeDocument } from "./active";
import { distanceTo } from "./crossing";
import { endsOf } from "./wireEnds";
import { wirePoints } from "./wirePath";
import type { XY } from "./wirePath";

/** The nearest wire within `reach` of `point`, both in editor pixels, of those that count. */
export function wireAt(point: XY, reach: number, counts: (wire: Wire) => boolean = () => true): Wire | undefined {
  const document = activeDocument();
  const body = document && bodyOf(document.graph, document.scope);
  let nearest: { wire: Wire; distance: number } | undefined;
  for (const wire of body ? wiresOf(body) : []) {
    const ends = endsOf(wire);
    if (!ends) continue;
    const distance = distanceTo(point, wirePoints(ends.from, ends.to, wire.bends));
    if (distance <= (nearest?.distance ?? reach) && counts(wire)) nearest = { wire, distance };
  }
  return nearest?.wire;
}
