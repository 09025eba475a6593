/** The graph of the active document as nodes and wires on a plane that is panned and zoomed. */
import { ReactFlow, ReactFlowProvider, SelectionMode, useStoreApi } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo, useRef, useState } from "react";
import type { CSSProperties } from "react";
import { useView } from "../app/view";
import { useActive } from "./active";
import { isValid } from "./actions/wires";
import { Breadcrumb } from "./Breadcrumb";
import "./canvas.css";
import { CanvasMenu } from "./CanvasMenu";
import { CanvasTools } from "./CanvasTools";
import { ConnectionLine } from "./ConnectionLine";
import { CutLine } from "./CutLine";
import { EmptyCanvas } from "./EmptyCanvas";
import { FarPlane } from "./FarPlane";
import type { FlowEdge, FlowNode } from "./flow";
import { FrameCard } from "./FrameCard";
import { useKeyboard } from "./keyboard";
import { Minimap } from "./Minimap";
import { NodeCard } from "./NodeCard";
import { NodeSearchPopover } from "./NodeSearch";
import { PeekPopover } from "./PeekPopover";
import { setCanvas, useCanvas } from "./store";
import { useChanges } from "./useChanges";
import { useClipboard } from "./useClipboard";
import { useFileDrop } from "./useFileDrop";
import { useFlow } from "./useFlow";
import { useMenus } from "./useMenus";
import { useReveal } from "./useReveal";
import { useTrackpad } from "./useTrackpad";
import { useWiring } from "./useWiring";
import { WireDialog } from "./WireDialog";
import { WireEdge } from "./WireEdge";

const nodeTypes = { card: NodeCard, frame: FrameCard };
const edgeTypes = { wire: WireEdge };
const NO_EDGES: FlowEdge[] = [];
const GRID: [number, number] = [20, 20];
/** Below this zoom text cannot be read: nodes are drawn without their contents. */
const FAR = 0.4;
/** From this many wires on, those far away are only painted: a press finds them by their course. */
const CROWD = 300;
const CLOSEST = 2.5;
const FARTHEST = 0.05;
const MIDDLE_BUTTON = 1;
/** After this long without a movement the view stands still. */
const STILL_MS = 150;
/** How far the ground reaches beyond the nodes, and the steps in which it grows, in editor pixels. */
const GROUND_MARGIN = 12_000;
const GROUND_STEP = 2000;

export function Canvas() {
  return (
    <ReactFlowProvider>
      <Plane />
    </ReactFlowProvider>
  );
}

function Plane() {
  useOwnMeasures();
  const document = useActive();
  const tool = useCanvas((canvas) => canvas.tool);
  const far = useCanvas((canvas) => canvas.far);
  const snap = useView((view) => view.snap);
  const minimap = useView((view) => view.minimap);
  const { nodes, edges, moved, setMoved } = useFlow(document);
  const changes = useChanges(moved, setMoved);
  const crowded = far && edges.length >= CROWD;
  const ground = useMemo(() => groundOf(nodes), [nodes]);
  const wiring = useWiring();
  const menus = useMenus();
  const wheel = useTrackpad();
  const element = useRef<HTMLDivElement>(null);
  const keyboard = useKeyboard();
  const drop = useFileDrop();
  useClipboard();
  useReveal(document?.key, document?.scope);
  useEffect(() => () => setCanvas({ flow: undefined, search: undefined, menu: undefined, peek: undefined }), []);

  return (
    <div ref={element} className={`canvas tool-${tool} ${far ? "far" : ""}`} style={ground} {...drop} {...keyboard}>
      <ReactFlow<FlowNode, FlowEdge>
        nodes={nodes}
        edges={crowded ? NO_EDGES : edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        {...changes}
        {...wiring}
        {...menus}
        isValidConnection={isValid}
        connectionLineComponent={ConnectionLine}
        connectionRadius={26}
        onInit={(flow) => setCanvas({ flow })}
        onViewportChange={({ zoom }) => {
          if (zoom < FAR !== useCanvas.getState().far) setCanvas({ far: zoom < FAR });
        }}
        onMove={() => markMoving(element.current)}
        // Far away nearly all are seen; taking those at the border out and back in would cost more.
        onlyRenderVisibleElements={!far}
        minZoom={FARTHEST}
        maxZoom={CLOSEST}
        snapToGrid={snap}
        snapGrid={GRID}
        panOnDrag={tool === "pan" ? [0, MIDDLE_BUTTON] : [MIDDLE_BUTTON]}
        selectionOnDrag={tool === "select"}
        selectionMode={SelectionMode.Partial}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Control", "Meta", "Shift"]}
        panActivationKeyCode="Space"
        deleteKeyCode={null}
        zoomOnDoubleClick={false}
        panOnScroll={wheel === "pan"}
        zoomOnScroll={wheel === "zoom"}
        edgesReconnectable
        reconnectRadius={12}
        edgesFocusable={false}
        elevateEdgesOnSelect
        disableKeyboardA11y
        nodeDragThreshold={2}
        proOptions={{ hideAttribution: true }}
        aria-label="Graph"
        tabIndex={-1}
      >
        {far && <FarPlane nodes={nodes} edges={edges} />}
        {minimap && nodes.length > 0 && <Minimap nodes={nodes} />}
      </ReactFlow>
      {nodes.length === 0 && <EmptyCanvas />}
      <Breadcrumb />
      <CanvasTools />
      <CutLine />
      <NodeSearchPopover />
      <CanvasMenu />
      <PeekPopover />
      <WireDialog />
    </div>
  );
}

/** Keeps React Flow from measuring each node that appears: `geometry.ts` knows where everything is. */
function useOwnMeasures(): void {
  const store = useStoreApi();
  // Before the first node is drawn.
  useState(() => store.setState({ updateNodeInternals: () => undefined }));
}

let still: ReturnType<typeof setTimeout> | undefined;
let frame = 0;

/** While the view moves the plane is a layer of its own: it is moved, not painted again. */
function markMoving(canvas: HTMLElement | null): void {
  canvas?.classList.add("moving");
  clearTimeout(still);
  cancelAnimationFrame(frame);
  // Counted from when the movement was seen: a slow frame is no pause.
  frame = requestAnimationFrame(() => {
    still = setTimeout(() => canvas?.classList.remove("moving"), STILL_MS);
  });
}

/** The rectangle of the ground: all nodes and far around them, on the grid, as the style sheet takes it. */
function groundOf(nodes: readonly FlowNode[]): CSSProperties {
  let [left, top, right, bottom] = [0, 0, 0, 0];
  for (const { position, width = 0, height = 0 } of nodes) {
    left = Math.min(left, position.x);
    top = Math.min(top, position.y);
    right = Math.max(right, position.x + width);
    bottom = Math.max(bottom, position.y + height);
  }
  const outward = (value: number) => Math.ceil((value + GROUND_MARGIN) / GROUND_STEP) * GROUND_STEP;
  const [fromLeft, fromTop] = [-outward(-left), -outward(-top)];
  return {
    "--plane-left": fromLeft,
    "--plane-top": fromTop,
    "--plane-width": outward(right) - fromLeft,
    "--plane-height": outward(bottom) - fromTop,
  } as CSSProperties;
}
