/** Double clicks and context menus on canvas, nodes and wires. */
import type { ReactFlowProps } from "@xyflow/react";
import { useMemo } from "react";
import type { MouseEvent } from "react";
import { activeDocument, select } from "./active";
import { openSubgraph } from "./actions/subgraphs";
import { bend } from "./actions/wires";
import { frameTitle } from "./flow";
import type { FlowEdge, FlowNode } from "./flow";
import { setCanvas, useCanvas } from "./store";
import { wireAt } from "./wireAt";
import { endsOf } from "./wireEnds";

/** In CSS pixels. */
const WIRE_REACH = 6;

type Handlers = Pick<
  ReactFlowProps<FlowNode, FlowEdge>,
  | "onNodeContextMenu"
  | "onEdgeContextMenu"
  | "onPaneContextMenu"
  | "onSelectionContextMenu"
  | "onDoubleClick"
  | "onEdgeDoubleClick"
  | "onNodeDoubleClick"
  | "onNodeClick"
  | "onPaneClick"
  | "onEdgeMouseEnter"
  | "onEdgeMouseLeave"
>;

export function useMenus(): Handlers {
  return useMemo(
    () => ({
      onNodeContextMenu: (event, node) => {
        if (isField(event)) return;
        event.preventDefault();
        const title = frameTitle(node.id);
        if (title !== undefined) {
          setCanvas({ frames: new Set([title]), menu: { anchor: pointOf(event), target: { kind: "frame", title } } });
          return;
        }
        if (!activeDocument()?.selection.has(node.id)) select([node.id]);
        setCanvas({ menu: { anchor: pointOf(event), target: { kind: "node", name: node.id } } });
      },
      onSelectionContextMenu: (event) => {
        event.preventDefault();
        const [name] = activeDocument()?.selection ?? [];
        if (name !== undefined) setCanvas({ menu: { anchor: pointOf(event), target: { kind: "node", name } } });
      },
      onEdgeContextMenu: (event, edge) => {
        event.preventDefault();
        setCanvas({
          wires: new Set([edge.id]),
          menu: { anchor: pointOf(event), target: { kind: "wire", id: edge.id, at: flowPoint(event) } },
        });
      },
      onPaneContextMenu: (event) => {
        event.preventDefault();
        const wire = wireAt(flowPoint(event), reach());
        if (wire) {
          const target = { kind: "wire", id: wire.id, at: flowPoint(event) } as const;
          setCanvas({ wires: new Set([wire.id]), menu: { anchor: pointOf(event), target } });
          return;
        }
        setCanvas({ menu: { anchor: pointOf(event), target: { kind: "pane", at: flowPoint(event) } } });
      },
      onEdgeDoubleClick: (event, edge) => {
        const wire = edge.data?.wire;
        const ends = wire && endsOf(wire);
        if (wire && ends) bend(wire, flowPoint(event), ends.from, ends.to);
      },
      // A press on one of several selected nodes may begin a drag of all; a click means this one.
      onNodeClick: (event, node) => {
        const several = (activeDocument()?.selection.size ?? 0) + useCanvas.getState().frames.size > 1;
        if (event.ctrlKey || event.metaKey || event.shiftKey || !several) return;
        const title = frameTitle(node.id);
        select(title === undefined ? [node.id] : []);
        setCanvas({ frames: new Set(title === undefined ? [] : [title]) });
      },
      onNodeDoubleClick: (_, node) => {
        if (node.type === "card" && node.data.view.node.type.startsWith("#")) openSubgraph(node.id);
      },
      onDoubleClick: (event) => {
        if (!(event.target instanceof Element) || !event.target.classList.contains("react-flow__pane")) return;
        setCanvas({ search: { at: flowPoint(event), screen: pointOf(event) } });
      },
      onEdgeMouseEnter: (_, edge) => setCanvas({ hovered: edge.id }),
      onEdgeMouseLeave: () => setCanvas({ hovered: undefined }),
      onPaneClick: (event) => {
        // From here Tab opens the search and arrow keys go to the nodes.
        (event.target as Element).closest<HTMLElement>(".react-flow")?.focus({ preventScroll: true });
        const wire = wireAt(flowPoint(event), reach());
        setCanvas({ wires: new Set(wire ? [wire.id] : []), frames: new Set() });
      },
    }),
    [],
  );
}

/** How near a press must be to a wire that is only painted, in editor pixels. */
function reach(): number {
  return WIRE_REACH / (useCanvas.getState().flow?.getZoom() ?? 1);
}

function pointOf(event: Pick<MouseEvent, "clientX" | "clientY">): { x: number; y: number } {
  return { x: event.clientX, y: event.clientY };
}

function flowPoint(event: Pick<MouseEvent, "clientX" | "clientY">): { x: number; y: number } {
  return useCanvas.getState().flow?.screenToFlowPosition(pointOf(event), { snapToGrid: false }) ?? { x: 0, y: 0 };
}

/** Text fields keep the browser's own menu. */
function isField(event: { target: EventTarget }): boolean {
  return event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea") !== null;
}
