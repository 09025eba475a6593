/** The corner by which a node gets another size; what it grows by goes to its picture or text. */
import { useReactFlow } from "@xyflow/react";
import { useRef, useState } from "react";
import type { PointerEvent } from "react";
import { useDocuments } from "../documents/store";
import { resizeNode } from "../graph/places";
import { activeDocument } from "./active";
import { NARROWEST, WIDEST } from "./geometry";
import type { NodeView } from "./nodeView";
import { useAbandon } from "./useAbandon";

export function NodeResizer({ view }: { view: NodeView }) {
  const flow = useReactFlow();
  const start = useRef<{ x: number; y: number; width: number; height: number }>(undefined);
  const [resizing, setResizing] = useState(false);
  useAbandon(resizing, () => {
    start.current = undefined;
    setResizing(false);
  });
  const press = (event: PointerEvent) => {
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, y: event.clientY, width: view.layout.width, height: view.layout.height };
    setResizing(true);
  };
  const move = (event: PointerEvent) => {
    const from = start.current;
    const scope = activeDocument()?.scope ?? null;
    if (!from) return;
    const zoom = flow.getZoom();
    const width = Math.min(WIDEST, Math.max(NARROWEST, from.width + (event.clientX - from.x) / zoom));
    const height = Math.max(1, from.height + (event.clientY - from.y) / zoom);
    const at = [view.position.x, view.position.y] as const;
    useDocuments.getState().transient((graph) => resizeNode(graph, scope, view.name, [width, height], at));
  };
  const release = () => {
    if (start.current) useDocuments.getState().commit("Resize");
    start.current = undefined;
    setResizing(false);
  };
  return (
    <div
      className="node-resizer nodrag"
      title="Drag to resize, double-click for its own size"
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={release}
      onDoubleClick={(event) => {
        event.stopPropagation();
        const scope = activeDocument()?.scope ?? null;
        useDocuments.getState().edit("Own size", (graph) => resizeNode(graph, scope, view.name, undefined));
      }}
    />
  );
}
