/** Commands of the canvas: edit, arrange, wire, subgraphs, zoom. */
import type { Command } from "../app/commands";
import type { Edge } from "../graph/align";
import { activeDocument, selectedNames } from "./active";
import {
  addFrameHere,
  addNoteHere,
  alignSelection,
  copySelection,
  cutSelection,
  distributeSelection,
  duplicateSelection,
  editNote,
  hasNodes,
  layOut,
  pasteClipboard,
  removeSelection,
  rename,
  selectAll,
  toggleFolded,
  toggleState,
} from "./actions/nodes";
import { openSearch } from "./actions/search";
import {
  detachSelection,
  hasUnusedSubgraphs,
  isInstance,
  leaveSubgraph,
  makeSubgraphOfSelection,
  openSubgraph,
  removeUnusedSubgraphs,
  unpackSelection,
} from "./actions/subgraphs";
import { zoomIn, zoomOut, zoomToFit, zoomToOriginal } from "./actions/view";
import { setCanvas, useCanvas } from "./store";
import { enterWires } from "./wireKeyboard";

const some = () => selectedNames().length > 0;
const copyable = () => some() || useCanvas.getState().frames.size > 0;
const onCanvas = () => useCanvas.getState().flow !== undefined;
const one = () => selectedNames().length === 1;
const several = () => selectedNames().length > 1;
const anything = () => some() || useCanvas.getState().frames.size > 0 || useCanvas.getState().wires.size > 0;
const oneInstance = () => one() && isInstance(selectedNames()[0] ?? "");

function alignCommand(edge: Edge, title: string, keys: string[]): Command {
  return { id: `arrange.${edge}`, title, group: "Arrange", keys, when: several, run: () => alignSelection(edge) };
}

export const canvasCommands: readonly Command[] = [
  { id: "edit.copy", title: "Copy", group: "Edit", keys: ["Mod+C"], native: true, when: copyable, run: copySelection },
  { id: "edit.cut", title: "Cut", group: "Edit", keys: ["Mod+X"], native: true, when: copyable, run: cutSelection },
  { id: "edit.paste", title: "Paste", group: "Edit", keys: ["Mod+V"], native: true, run: () => pasteClipboard() },
  { id: "edit.duplicate", title: "Duplicate", group: "Edit", keys: ["Mod+D"], when: copyable, run: duplicateSelection },
  {
    id: "edit.delete",
    title: "Delete",
    group: "Edit",
    keys: ["Delete", "Backspace"],
    when: anything,
    run: () => removeSelection(),
  },
  { id: "edit.select-all", title: "Select all", group: "Edit", keys: ["Mod+A"], when: hasNodes, run: selectAll },

  { id: "node.add", title: "Add a node", group: "Nodes", keys: ["A", "Shift+A"], when: onCanvas, run: openSearch },
  { id: "node.rename", title: "Rename", group: "Nodes", keys: ["F2"], when: anything, run: rename },
  {
    id: "node.mute",
    title: "Mute or let run",
    group: "Nodes",
    keys: ["M"],
    when: some,
    run: () => toggleState("muted"),
  },
  {
    id: "node.bypass",
    title: "Bypass or let run",
    group: "Nodes",
    keys: ["B"],
    when: some,
    run: () => toggleState("bypassed"),
  },
  { id: "node.fold", title: "Fold or unfold", group: "Nodes", keys: ["Alt+C"], when: some, run: toggleFolded },
  { id: "node.note", title: "Write a note", group: "Nodes", keys: ["N"], when: one, run: editNote },

  {
    id: "wires.keyboard",
    title: "Wire an output to…",
    group: "Wires",
    keys: ["C"],
    when: one,
    run: () => setCanvas({ wiringFrom: selectedNames()[0] }),
  },
  {
    id: "wires.enter",
    title: "Go to the node's wires",
    group: "Wires",
    keys: ["W"],
    when: one,
    run: () => enterWires(selectedNames()[0] ?? ""),
  },
  { id: "wires.cut", title: "Cut wires with a stroke", group: "Wires", keys: ["Y"], run: () => toggleTool("cut") },

  { id: "arrange.layout", title: "Arrange automatically", group: "Arrange", keys: ["L"], when: hasNodes, run: layOut },
  alignCommand("left", "Align left edges", ["Alt+Shift+ArrowLeft"]),
  alignCommand("right", "Align right edges", ["Alt+Shift+ArrowRight"]),
  alignCommand("top", "Align upper edges", ["Alt+Shift+ArrowUp"]),
  alignCommand("bottom", "Align lower edges", ["Alt+Shift+ArrowDown"]),
  alignCommand("center", "Align in a column", []),
  alignCommand("middle", "Align in a row", []),
  {
    id: "arrange.row",
    title: "Distribute in a row",
    group: "Arrange",
    keys: [],
    when: several,
    run: () => distributeSelection("row"),
  },
  {
    id: "arrange.column",
    title: "Distribute in a column",
    group: "Arrange",
    keys: [],
    when: several,
    run: () => distributeSelection("column"),
  },
  { id: "arrange.frame", title: "Frame the selection", group: "Arrange", keys: ["Shift+F"], run: () => addFrameHere() },
  { id: "arrange.note", title: "Add a free note", group: "Arrange", keys: ["Shift+N"], run: () => addNoteHere() },

  {
    id: "subgraph.make",
    title: "Make a subgraph",
    group: "Subgraphs",
    keys: ["Mod+G"],
    when: some,
    run: makeSubgraphOfSelection,
  },
  {
    id: "subgraph.open",
    title: "Open the subgraph",
    group: "Subgraphs",
    keys: ["Alt+ArrowDown"],
    when: oneInstance,
    run: () => openSubgraph(selectedNames()[0] ?? ""),
  },
  {
    id: "subgraph.leave",
    title: "Leave the subgraph",
    group: "Subgraphs",
    keys: ["Alt+ArrowUp"],
    when: () => (activeDocument()?.scopes.length ?? 0) > 0,
    run: leaveSubgraph,
  },
  {
    id: "subgraph.unpack",
    title: "Unpack the subgraph",
    group: "Subgraphs",
    keys: ["Mod+Shift+G"],
    when: oneInstance,
    run: unpackSelection,
  },
  {
    id: "subgraph.detach",
    title: "Make the subgraph independent",
    group: "Subgraphs",
    keys: [],
    when: oneInstance,
    run: detachSelection,
  },
  {
    id: "subgraph.remove-unused",
    title: "Remove unused subgraphs",
    group: "Subgraphs",
    keys: [],
    when: hasUnusedSubgraphs,
    run: removeUnusedSubgraphs,
  },

  {
    id: "view.fit",
    title: "Zoom to fit",
    group: "View",
    keys: ["F", "1"],
    run: () => zoomToFit(several() ? selectedNames() : undefined),
  },
  { id: "view.original", title: "Original size", group: "View", keys: ["0"], run: zoomToOriginal },
  { id: "view.zoom-in", title: "Zoom in", group: "View", keys: ["+", "="], run: zoomIn },
  { id: "view.zoom-out", title: "Zoom out", group: "View", keys: ["-"], run: zoomOut },
  { id: "view.pan-tool", title: "Drag to pan", group: "View", keys: ["H"], run: () => setCanvas({ tool: "pan" }) },
  { id: "view.select-tool", title: "Drag to select", group: "View", keys: ["S"], run: () => toggleTool("select") },
];

function toggleTool(tool: "cut" | "select"): void {
  setCanvas({ tool: useCanvas.getState().tool === tool ? "pan" : tool });
}
