/** The wire that is being drawn, and why it cannot end where the pointer is. */
import { useStore } from "@xyflow/react";
import type { ConnectionLineComponentProps } from "@xyflow/react";
import { kindColor } from "../graph/kinds";
import { whyNotHere } from "./actions/wires";
import type { FlowNode } from "./flow";
import { useCanvas } from "./store";
import { wirePath } from "./wirePath";

export function ConnectionLine(props: ConnectionLineComponentProps<FlowNode>) {
  const { fromX, fromY, toX, toY, fromHandle, toHandle } = props;
  const zoom = useStore((state) => state.transform[2]);
  const start = useCanvas((canvas) => canvas.wireStart);
  const [a, b] = [
    { x: fromX, y: fromY },
    { x: toX, y: toY },
  ];
  const path = fromHandle.type === "source" ? wirePath(a, b, []) : wirePath(b, a, []);
  const reason = toHandle && whyNotHere(fromHandle, toHandle);
  return (
    <g>
      <path d={path} className="wire drawing" style={{ stroke: `var(${kindColor(start?.kind ?? "any")})` }} />
      {/* As large as other text, however far the canvas is away. */}
      {reason && (
        <g transform={`translate(${toX} ${toY}) scale(${1 / zoom})`}>
          <foreignObject x={14} y={10} width={320} height={120} className="bubble-place">
            <div className="bubble" role="alert">
              {reason}
            </div>
          </foreignObject>
        </g>
      )}
    </g>
  );
}
