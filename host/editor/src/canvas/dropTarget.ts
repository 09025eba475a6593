/** The wire a dragged node would be put into. */
import { bodyOf } from "../graph/body";
import { wiresOf } from "../graph/wires";
import { activeDocument } from "./active";
import { canInsert } from "./actions/wires";
import type { CardNode } from "./flow";
import { wireAt } from "./wireAt";

/** How near the middle of the node must be, in editor pixels. */
const NEAR = 40;

/** Only a node without wires is offered one; the nearest wire it fits into is taken. */
export function wireUnder(node: CardNode): string | undefined {
  const document = activeDocument();
  const body = document && bodyOf(document.graph, document.scope);
  if (!body) return undefined;
  const wires = wiresOf(body);
  if (wires.some((wire) => wire.from.node === node.id || wire.to.node === node.id)) return undefined;
  const middle = { x: node.position.x + (node.width ?? 0) / 2, y: node.position.y + (node.height ?? 0) / 2 };
  return wireAt(middle, NEAR, (wire) => canInsert(wire.id, node.id))?.id;
}
