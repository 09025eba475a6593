/** Where wires begin and end, in editor pixels. */
import type { Wire } from "../graph/wires";
import { useCanvas } from "./store";
import type { XY } from "./wirePath";

/** Both ends of a wire; undefined when a node or port of it is not on the canvas. */
export function endsOf(wire: Wire): { from: XY; to: XY } | undefined {
  const input = wire.to.index === undefined ? wire.to.input : `${wire.to.input}.${wire.to.index}`;
  const from = endAt(wire.from.node, "source", wire.from.output);
  const to = endAt(wire.to.node, "target", input);
  return from && to && { from, to };
}

function endAt(name: string, type: "source" | "target", id: string): XY | undefined {
  const node = useCanvas.getState().flow?.getNode(name);
  if (node?.type !== "card") return undefined;
  const handle = node.data.view.layout.handles.find((it) => it.type === type && it.id === id);
  return handle && { x: node.position.x + handle.x, y: node.position.y + handle.y };
}
