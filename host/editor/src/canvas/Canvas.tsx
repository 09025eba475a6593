/** The graph of the active document as nodes and wires on a plane that is panned and zoomed. */
import { Background, BackgroundVariant, MiniMap, ReactFlow, ReactFlowProvider, SelectionMode } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect } from "react";
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
import type { FlowEdge, FlowNode } from "./flow";
import { FrameCard } from "./FrameCard";
import { useKeyboard } from "./keyboard";
import { NodeCard } from "./NodeCard";
import { NodeSearchPopover } from "./NodeSearch";
import { PeekPopover } from "./PeekPopover";
import { PictureDialog } from "./PictureDialog";
import { MaskDialog } from "../widgets/mask/MaskDialog";
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
const GRID: [number, number] = [20, 20];
/** Below this zoom text cannot be read: nodes are drawn without their contents. */
const FAR = 0.4;
const CLOSEST = 2.5;
const FARTHEST = 0.05;
const MIDDLE_BUTTON = 1;

export function Canvas() {
  return (
    <ReactFlowProvider>
      <Plane />
    </ReactFlowProvider>
  );
}

function Plane() {
  const document = useActive();
  const tool = useCanvas((canvas) => canvas.tool);
  const snap = useView((view) => view.snap);
  const minimap = useView((view) => view.minimap);
  const { nodes, edges, moved, setMoved } = useFlow(document);
  const changes = useChanges(moved, setMoved);
  const wiring = useWiring();
  const menus = useMenus();
  const wheel = useTrackpad();
  const keyboard = useKeyboard();
  const drop = useFileDrop();
  useClipboard();
  useReveal(document?.key, document?.scope);
  useEffect(() => () => setCanvas({ flow: undefined, search: undefined, menu: undefined, peek: undefined }), []);

  return (
    <div className={`canvas tool-${tool} ${edges.length > 600 ? "busy" : ""}`} {...drop} {...keyboard}>
      <ReactFlow<FlowNode, FlowEdge>
        nodes={nodes}
        edges={edges}
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
        onlyRenderVisibleElements
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
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} color="var(--grid-dot)" />
        {minimap && nodes.length > 0 && (
          <MiniMap pannable zoomable ariaLabel="Minimap" nodeClassName={minimapClass} nodeBorderRadius={12} />
        )}
      </ReactFlow>
      {nodes.length === 0 && <EmptyCanvas />}
      <Breadcrumb />
      <CanvasTools />
      <CutLine />
      <NodeSearchPopover />
      <CanvasMenu />
      <PeekPopover />
      <WireDialog />
      <PictureDialog />
      <MaskDialog />
    </div>
  );
}

function minimapClass(node: FlowNode): string {
  return node.type === "card" ? `category-${node.data.view.color}` : "minimap-frame";
}
