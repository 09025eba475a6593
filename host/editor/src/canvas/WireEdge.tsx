/** A wire with its bends. */
import { BaseEdge, useReactFlow } from "@xyflow/react";
import type { EdgeProps } from "@xyflow/react";
import { Eye } from "lucide-react";
import { memo, useState } from "react";
import type { MouseEvent, PointerEvent } from "react";
import { useDocuments } from "../documents/store";
import { kindColor } from "../graph/kinds";
import { moveBend, removeBend } from "../graph/places";
import type { Wire } from "../graph/wires";
import { useRuns } from "../runs/store";
import { activeDocument, edit } from "./active";
import type { FlowEdge } from "./flow";
import { useAbandon } from "./useAbandon";
import { setCanvas, useCanvas } from "./store";
import { wireMiddle, wirePath } from "./wirePath";
import type { XY } from "./wirePath";

/** Width of the invisible band that takes the pointer. */
const GRAB = 14;

export const WireEdge = memo(function WireEdge({
  id,
  data,
  sourceX,
  sourceY,
  targetX,
  targetY,
  selected,
}: EdgeProps<FlowEdge>) {
  const far = useCanvas((canvas) => canvas.far);
  const inserting = useCanvas((canvas) => canvas.insertInto === id);
  const target = data?.wire.to.node ?? "";
  const flowing = useRuns((runs) => runs.nodeRun(target)?.state === "running");
  const hovered = useCanvas((canvas) => canvas.hovered === id);
  const bends = data?.wire.bends ?? [];
  const [from, to] = [
    { x: sourceX, y: sourceY },
    { x: targetX, y: targetY },
  ];
  const path = wirePath(from, to, bends);
  const style = { stroke: `var(${kindColor(data?.kind ?? "any")})` };
  // Painted with the nodes; this only takes the pointer.
  if (far) return <path d={path} className="far-wire" />;
  return (
    <>
      <BaseEdge
        path={path}
        style={style}
        className={`wire ${inserting ? "inserting" : ""} ${flowing ? "flowing" : ""}`}
        interactionWidth={GRAB}
      />
      {bends.map((bend, index) => (
        <Bend key={index} wire={id} index={index} at={{ x: bend[0], y: bend[1] }} color={style.stroke} />
      ))}
      {data && (selected || hovered) && bends.length === 0 && (
        <PeekButton wire={data.wire} at={wireMiddle(from, to, bends)} />
      )}
    </>
  );
});

/** In the middle of the wire: shows the value that went through it. */
function PeekButton({ wire, at }: { wire: Wire; at: XY }) {
  const address = `${wire.from.node}.${wire.from.output}`;
  const open = (event: MouseEvent<SVGGElement>) => {
    event.stopPropagation();
    setCanvas({ peek: { address, anchor: event.currentTarget.getBoundingClientRect() } });
  };
  return (
    <g className="wire-peek nopan" transform={`translate(${at.x} ${at.y})`} onClick={open}>
      <title>Look at the value</title>
      <circle r={9} />
      <Eye x={-6} y={-6} size={12} aria-hidden />
    </g>
  );
}

function Bend({ wire, index, at, color }: { wire: string; index: number; at: XY; color: string }) {
  const flow = useReactFlow();
  const [dragging, setDragging] = useState(false);
  const press = (event: PointerEvent<SVGCircleElement>) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    setDragging(true);
  };
  const move = (event: PointerEvent) => {
    if (!dragging) return;
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false });
    const scope = activeDocument()?.scope ?? null;
    useDocuments.getState().transient((graph) => moveBend(graph, scope, wire, index, [x, y]));
  };
  useAbandon(dragging, () => setDragging(false));
  const release = () => {
    if (dragging) useDocuments.getState().commit("Move the bend");
    setDragging(false);
  };
  const remove = () => edit("Remove the bend", (graph, scope) => removeBend(graph, scope, wire, index));
  return (
    <circle
      className="bend nopan nodrag"
      cx={at.x}
      cy={at.y}
      r={6}
      style={{ fill: color }}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={release}
      onDoubleClick={(event) => {
        event.stopPropagation();
        remove();
      }}
    >
      <title>Drag to move the bend, double-click to remove it</title>
    </circle>
  );
}
