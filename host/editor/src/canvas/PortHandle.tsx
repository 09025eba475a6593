/** The place of a port where wires begin and end. */
import { Handle, Position } from "@xyflow/react";
import { memo } from "react";
import type { Port } from "../api/contract";
import { connects } from "../graph/kinds";
import { PORT } from "./geometry";
import { PortShape } from "./PortShape";
import { useCanvas } from "./store";
import type { WireStart } from "./store";

interface PortHandleProps {
  node: string;
  port: Port;
  handle: string;
  type: "source" | "target";
  wired: boolean;
}

export const PortHandle = memo(function PortHandle({ node, port, handle, type, wired }: PortHandleProps) {
  const fits = useCanvas((canvas) => canvas.wireStart && suits(canvas.wireStart, node, port, type));
  const required = type === "source" || wired || (!port.optional && port.default === undefined);
  return (
    <Handle
      id={handle}
      type={type}
      position={type === "source" ? Position.Right : Position.Left}
      className={`port ${fits === false ? "unfit" : ""} ${fits ? "fit" : ""}`}
      style={{ width: PORT, height: PORT }}
      data-kind={port.kind}
      data-port={`${node}.${handle}`}
      title={`${port.title ?? port.name}: ${port.kind}${port.list ? ", several" : ""}${port.optional ? ", optional" : ""}`}
    >
      <PortShape kind={port.kind} hollow={!required} />
    </Handle>
  );
});

/** Whether the wire that is being drawn could end here. */
function suits(start: WireStart, node: string, port: Port, type: "source" | "target"): boolean {
  if (start.address.node === node) return false;
  if (start.direction === "from") return type === "target" && connects(start.kind, port.kind).ok;
  return type === "source" && connects(port.kind, start.kind).ok;
}
