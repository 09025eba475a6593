/** What goes on on the canvas and belongs to no document: tools, menus, wires being drawn, what is selected besides nodes. */
import type { ReactFlowInstance } from "@xyflow/react";
import { create } from "zustand";
import type { InputAddress, OutputAddress } from "../graph/links";
import type { Anchor } from "../ui/Popover";
import type { FlowEdge, FlowNode } from "./flow";
import type { XY } from "./wirePath";

/** What a drag with the left button on empty canvas does. */
export type Tool = "pan" | "select" | "cut";

/** The free end of a wire that is being drawn. */
export type WireStart =
  | { direction: "from"; address: OutputAddress; kind: string }
  | { direction: "to"; address: InputAddress; kind: string; also: readonly string[] };

/** The search for a node to add; with `wire`, one that fits it. */
export interface NodeSearch {
  /** Where the node goes, in editor pixels; without it to free space in the middle of what is seen. */
  at?: XY;
  screen: XY;
  wire?: WireStart;
  /** The wire the node is put into, with the kinds at its ends. */
  into?: { wire: string; from: string; to: string };
}

/** What a context menu is about. */
export type MenuTarget =
  | { kind: "node"; name: string }
  | { kind: "wire"; id: string; at: XY }
  | { kind: "frame"; title: string }
  | { kind: "pane"; at: XY };

interface Canvas {
  flow: ReactFlowInstance<FlowNode, FlowEdge> | undefined;
  tool: Tool;
  /** Ids of selected wires. */
  wires: ReadonlySet<string>;
  /** Id of the wire under the pointer. */
  hovered: string | undefined;
  /** Titles of selected frames. */
  frames: ReadonlySet<string>;
  /** Nodes whose advanced inputs are shown, as {@link advancedKey} names them. */
  advanced: ReadonlySet<string>;
  wireStart: WireStart | undefined;
  search: NodeSearch | undefined;
  menu: { anchor: Anchor; target: MenuTarget } | undefined;
  /** The node or frame whose name is being edited. */
  renaming: { kind: "node" | "frame"; name: string } | undefined;
  /** The node or frame whose note is being edited. */
  noting: { kind: "node" | "frame"; name: string } | undefined;
  /** The node from which a wire is drawn by keyboard. */
  wiringFrom: string | undefined;
  peek: { address: string; anchor: Anchor } | undefined;
  /** The wire a dragged node would be put into. */
  insertInto: string | undefined;
  /** Whether the canvas is so far away that nodes are drawn without their contents. */
  far: boolean;
}

/** State of the canvas. */
export const useCanvas = create<Canvas>()(() => ({
  flow: undefined,
  tool: "pan",
  wires: new Set<string>(),
  hovered: undefined,
  frames: new Set<string>(),
  advanced: new Set<string>(),
  wireStart: undefined,
  search: undefined,
  menu: undefined,
  renaming: undefined,
  noting: undefined,
  wiringFrom: undefined,
  peek: undefined,
  insertInto: undefined,
  far: false,
}));

/** Shorthand for changing the state of the canvas. */
export const setCanvas = useCanvas.setState;

/** Names a node of a scope of a document among the nodes with open advanced inputs. */
export function advancedKey(document: string, scope: string | null, node: string): string {
  return `${document}/${scope ?? ""}/${node}`;
}
