/** What React Flow reports while nodes are dragged and selected; the document hears of it once, when it is done. */
import type { EdgeChange, NodeChange, OnNodeDrag, ReactFlowProps } from "@xyflow/react";
import { useCallback, useRef } from "react";
import { bodyOf } from "../graph/body";
import { framesOf, moveFrame } from "../graph/frames";
import { moveNodes } from "../graph/places";
import type { Point } from "../graph/wires";
import { activeDocument, edit, select } from "./active";
import { insertInto } from "./actions/wires";
import { wireUnder } from "./dropTarget";
import { frameTitle, isNote } from "./flow";
import type { FlowEdge, FlowNode } from "./flow";
import { setCanvas, useCanvas } from "./store";
import type { Moved } from "./useFlow";
import type { XY } from "./wirePath";

type Handlers = Pick<
  ReactFlowProps<FlowNode, FlowEdge>,
  | "onNodesChange"
  | "onEdgesChange"
  | "onNodeDragStart"
  | "onNodeDrag"
  | "onNodeDragStop"
  | "onSelectionDragStart"
  | "onSelectionDragStop"
>;

export function useChanges(moved: Moved, setMoved: (moved: Moved) => void): Handlers {
  const latest = useRef(moved);
  latest.current = moved;
  /** Where the nodes of dragged frames were, relative to their frame. */
  const carried = useRef(new Map<string, Map<string, XY>>());

  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      const next = new Map(latest.current);
      let hasMoved = false;
      for (const change of changes) {
        if (change.type !== "position" || !change.position || !change.dragging) continue;
        next.set(change.id, change.position);
        hasMoved = true;
        for (const [name, offset] of carried.current.get(change.id) ?? []) {
          next.set(name, { x: change.position.x + offset.x, y: change.position.y + offset.y });
        }
      }
      if (hasMoved) {
        latest.current = next;
        setMoved(next);
      }
      applySelection(changes);
    },
    [setMoved],
  );

  const onEdgesChange = useCallback((changes: EdgeChange<FlowEdge>[]) => {
    const wires = new Set(useCanvas.getState().wires);
    const before = wires.size;
    let changed = false;
    for (const change of changes) {
      if (change.type !== "select") continue;
      changed = true;
      if (change.selected) wires.add(change.id);
      else wires.delete(change.id);
    }
    if (changed && (wires.size > 0 || before > 0)) setCanvas({ wires });
  }, []);

  const start = useCallback((nodes: readonly FlowNode[]) => {
    carried.current = carriedBy(nodes);
  }, []);

  const stop = useCallback(() => {
    const places = latest.current;
    latest.current = new Map();
    setMoved(latest.current);
    carried.current = new Map();
    const into = useCanvas.getState().insertInto;
    setCanvas({ insertInto: undefined });
    if (places.size === 0) return;
    commit(places);
    const [only] = places.keys();
    if (into !== undefined && places.size === 1 && only !== undefined) insertInto(into, only);
  }, [setMoved]);

  const onNodeDragStart: OnNodeDrag<FlowNode> = useCallback((_, __, nodes) => start(nodes), [start]);
  const onNodeDrag: OnNodeDrag<FlowNode> = useCallback((_, node, nodes) => {
    const wire = nodes.length === 1 && node.type === "card" ? wireUnder(node) : undefined;
    if (wire !== useCanvas.getState().insertInto) setCanvas({ insertInto: wire });
  }, []);
  return {
    onNodesChange,
    onEdgesChange,
    onNodeDragStart,
    onNodeDrag,
    onNodeDragStop: stop,
    onSelectionDragStart: useCallback((_: unknown, nodes: FlowNode[]) => start(nodes), [start]),
    onSelectionDragStop: stop,
  };
}

function applySelection(changes: NodeChange<FlowNode>[]): void {
  const document = activeDocument();
  const names = new Set(document?.selection);
  const frames = new Set(useCanvas.getState().frames);
  let changed = false;
  for (const change of changes) {
    if (change.type !== "select") continue;
    changed = true;
    const title = frameTitle(change.id);
    const set = title === undefined ? names : frames;
    if (change.selected) set.add(title ?? change.id);
    else set.delete(title ?? change.id);
  }
  if (!changed) return;
  select(names);
  setCanvas({ frames });
}

/** The nodes that lie in dragged frames and are not dragged themselves, with their places in the frame. */
function carriedBy(dragged: readonly FlowNode[]): Map<string, Map<string, XY>> {
  const all = useCanvas.getState().flow?.getNodes() ?? [];
  const moving = new Set(dragged.map((node) => node.id));
  const carried = new Map<string, Map<string, XY>>();
  for (const frame of dragged) {
    if (frame.type !== "frame" || isNote(frame.data.frame)) continue;
    const [x, y, width, height] = frame.data.frame.rect;
    const inside = all.filter((node) => {
      if (node.id === frame.id || moving.has(node.id)) return false;
      const [nx, ny] = [node.position.x - x, node.position.y - y];
      return nx >= 0 && ny >= 0 && nx + (node.width ?? 0) <= width && ny + (node.height ?? 0) <= height;
    });
    for (const node of inside) moving.add(node.id);
    carried.set(frame.id, new Map(inside.map((node) => [node.id, { x: node.position.x - x, y: node.position.y - y }])));
  }
  return carried;
}

/** Makes one step of a drag. */
function commit(places: Moved): void {
  const document = activeDocument();
  const frames = framesOf(document && bodyOf(document.graph, document.scope));
  edit("Move", (graph, scope) => {
    let next = graph;
    const nodes: Record<string, Point> = {};
    for (const [id, { x, y }] of places) {
      const title = frameTitle(id);
      const rect = title === undefined ? undefined : frames[title]?.rect;
      if (title === undefined) nodes[id] = [x, y];
      else if (rect) next = moveFrame(next, scope, title, [x - rect[0], y - rect[1]], []);
    }
    return moveNodes(next, scope, nodes);
  });
}
