/** Views, frames and wires as React Flow takes them. Unchanged ones stay the same objects, so that nothing is drawn again. */
import { Position } from "@xyflow/react";
import type { Edge, Node } from "@xyflow/react";
import type { Frame } from "../graph/document";
import type { Wire } from "../graph/wires";
import { HEADER, PORT } from "./geometry";
import type { NodeView } from "./nodeView";
import type { XY } from "./wirePath";

export type CardNode = Node<{ view: NodeView }, "card">;
export type FrameNode = Node<{ title: string; frame: Frame }, "frame">;
export type FlowNode = CardNode | FrameNode;
export type FlowEdge = Edge<{ wire: Wire; kind: string }, "wire">;

/** Node names hold no `#`, so frames cannot be taken for nodes. */
const FRAME_PREFIX = "#frame:";

export function frameId(title: string): string {
  return FRAME_PREFIX + title;
}

/** The title of a frame by its id; undefined for a node's id. */
export function frameTitle(id: string): string | undefined {
  return id.startsWith(FRAME_PREFIX) ? id.slice(FRAME_PREFIX.length) : undefined;
}

/** Whether a frame is a free note: a text without a frame around nodes. */
export function isNote(frame: Frame): boolean {
  return frame.note !== undefined;
}

/** Something made, and what it was made of. */
interface Kept<T> {
  key: readonly unknown[];
  made: T;
}

/** Makes React Flow's nodes and edges and remembers them, one maker for each canvas. */
export class Flow {
  #nodes = new Map<string, Kept<FlowNode>>();
  #edges = new Map<string, Kept<FlowEdge>>();

  /** `moved` holds places during a drag, before the document knows them. */
  nodes(
    views: readonly NodeView[],
    frames: Readonly<Record<string, Frame>>,
    selection: ReadonlySet<string>,
    selectedFrames: ReadonlySet<string>,
    moved: ReadonlyMap<string, XY>,
  ): FlowNode[] {
    const next = new Map<string, Kept<FlowNode>>();
    const keep = (id: string, key: readonly unknown[], make: () => FlowNode): FlowNode => {
      const before = this.#nodes.get(id);
      const entry = before?.key.every((part, index) => part === key[index]) ? before : { key, made: make() };
      next.set(id, entry);
      return entry.made;
    };
    const framed = Object.entries(frames).map(([title, frame]) => {
      const id = frameId(title);
      const selected = selectedFrames.has(title);
      const at = moved.get(id);
      return keep(id, [frame, selected, at], () => frameNode(title, frame, selected, at));
    });
    const cards = views.map((view) => {
      const selected = selection.has(view.name);
      const at = moved.get(view.name);
      return keep(view.name, [view, selected, at], () => cardNode(view, selected, at));
    });
    this.#nodes = next;
    return [...framed, ...cards];
  }

  edges(wires: readonly Wire[], views: readonly NodeView[], selected: ReadonlySet<string>): FlowEdge[] {
    const byName = new Map(views.map((view) => [view.name, view]));
    const next = new Map<string, Kept<FlowEdge>>();
    const edges = wires.flatMap((wire) => {
      const source = byName.get(wire.from.node);
      const target = byName.get(wire.to.node);
      if (!source || !target || !has(source, "source", wire.from.output)) return [];
      if (!has(target, "target", targetHandle(wire))) return [];
      const kind = source.outputs.find((port) => port.name === wire.from.output)?.kind ?? "any";
      const isSelected = selected.has(wire.id);
      const key = [wire, kind, isSelected];
      const before = this.#edges.get(wire.id);
      const entry = before?.key.every((part, index) => part === key[index])
        ? before
        : { key, made: wireEdge(wire, kind, isSelected, source.title, target.title) };
      next.set(wire.id, entry);
      return [entry.made];
    });
    this.#edges = next;
    return edges;
  }
}

function cardNode(view: NodeView, selected: boolean, at: XY | undefined): CardNode {
  const { width, height, handles } = view.layout;
  return {
    id: view.name,
    type: "card",
    position: at ?? view.position,
    data: { view },
    selected,
    width,
    height,
    measured: { width, height },
    handles: handles.map(({ id, type, x, y }) => ({
      id,
      type,
      position: type === "source" ? Position.Right : Position.Left,
      x: x - PORT / 2,
      y: y - PORT / 2,
      width: PORT,
      height: PORT,
    })),
    ariaRole: "group",
    ariaLabel: `${view.title}, node ${view.name}`,
  };
}

function frameNode(title: string, frame: Frame, selected: boolean, at: XY | undefined): FrameNode {
  const [x, y, width, height] = frame.rect;
  return {
    id: frameId(title),
    type: "frame",
    position: at ?? { x, y },
    data: { title, frame },
    selected,
    width,
    height: Math.max(height, HEADER),
    measured: { width, height: Math.max(height, HEADER) },
    handles: [],
    zIndex: isNote(frame) ? 0 : -1,
    dragHandle: ".frame-grip",
    ariaLabel: isNote(frame) ? `Note ${title}` : `Frame ${title}`,
  };
}

function wireEdge(wire: Wire, kind: string, selected: boolean, source: string, target: string): FlowEdge {
  const { from, to } = wire;
  return {
    id: wire.id,
    type: "wire",
    source: from.node,
    sourceHandle: from.output,
    target: to.node,
    targetHandle: targetHandle(wire),
    data: { wire, kind },
    selected,
    // Keys put the focus on it; Tab goes through the nodes.
    domAttributes: { tabIndex: -1 },
    ariaLabel: `Wire from ${source} ${from.node}, output ${from.output}, to ${target} ${to.node}, input ${to.input}`,
  };
}

function targetHandle({ to }: Wire): string {
  return to.index === undefined ? to.input : `${to.input}.${to.index}`;
}

function has(view: NodeView, type: "source" | "target", id: string): boolean {
  return view.layout.handles.some((handle) => handle.type === type && handle.id === id);
}
