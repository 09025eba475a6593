/** Drawing wires with the mouse: from a port, from the end of a wire, into empty space, onto a node. */
import type { Connection, FinalConnectionState, OnConnectStartParams, ReactFlowProps } from "@xyflow/react";
import { useMemo, useRef } from "react";
import { cut, inputAddress, rewire, wire, wireStart, wireToNode } from "./actions/wires";
import type { FlowEdge, FlowNode } from "./flow";
import { setCanvas, useCanvas } from "./store";

type Handlers = Pick<
  ReactFlowProps<FlowNode, FlowEdge>,
  "onConnect" | "onConnectStart" | "onConnectEnd" | "onReconnect" | "onReconnectStart" | "onReconnectEnd"
>;

export function useWiring(): Handlers {
  const reconnecting = useRef<string>(undefined);
  return useMemo(
    () => ({
      onConnectStart: (_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
        if (nodeId !== null && handleId !== null && handleType !== null) {
          setCanvas({ wireStart: wireStart(nodeId, handleId, handleType) });
        }
      },
      onConnect: ({ source, sourceHandle, target, targetHandle }: Connection) => {
        wire({ node: source, output: sourceHandle ?? "" }, inputAddress(target, targetHandle ?? ""));
      },
      onConnectEnd: (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
        const start = useCanvas.getState().wireStart;
        setCanvas({ wireStart: undefined });
        if (!start || state.isValid || state.toHandle || reconnecting.current !== undefined) return;
        endInSpace(start, pointOf(event));
      },
      onReconnectStart: (_: unknown, edge: FlowEdge) => {
        reconnecting.current = edge.id;
      },
      onReconnect: (edge: FlowEdge, connection: Connection) => {
        rewire(edge.id, connection);
      },
      onReconnectEnd: (_: unknown, edge: FlowEdge, __: unknown, state: FinalConnectionState) => {
        reconnecting.current = undefined;
        setCanvas({ wireStart: undefined });
        // Dropped where no port is, the wire goes; on a port it does not fit, it stays as it was.
        if (!state.isValid && !state.toHandle) cut([edge.id]);
      },
    }),
    [],
  );
}

function endInSpace(start: NonNullable<ReturnType<typeof wireStart>>, screen: { x: number; y: number }): void {
  const under = document.elementFromPoint(screen.x, screen.y);
  const card = under?.closest<HTMLElement>(".react-flow__node-card");
  const name = card?.dataset.id;
  if (name !== undefined) {
    wireToNode(start, name);
    return;
  }
  const flow = useCanvas.getState().flow;
  if (!flow || !under?.closest(".canvas")) return;
  setCanvas({ search: { at: flow.screenToFlowPosition(screen), screen, wire: start } });
}

function pointOf(event: MouseEvent | TouchEvent): { x: number; y: number } {
  const at = "changedTouches" in event ? event.changedTouches[0] : event;
  return { x: at?.clientX ?? 0, y: at?.clientY ?? 0 };
}
