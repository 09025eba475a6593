/** Nodes: add, remove, copy, arrange, mute. */
import type { NodeDefinition, Port } from "../../api/contract";
import { align, distribute } from "../../graph/align";
import type { Edge } from "../../graph/align";
import { bodyOf, nodeOf } from "../../graph/body";
import { copy, duplicate, paste } from "../../graph/clipboard";
import type { Pasted } from "../../graph/clipboard";
import { addInstance } from "../../graph/definitions";
import type { Graph, Input, NodeState } from "../../graph/document";
import { addFrame, framesHolding, removeFrame } from "../../graph/frames";
import { addOnWire } from "../../graph/insertNode";
import { autoLayout, rectAround } from "../../graph/layout";
import { addNode, removeNodes, setNote, setState } from "../../graph/nodes";
import type { Outcome } from "../../graph/outcome";
import type { Size } from "../../graph/places";
import { isCollapsed, setCollapsed } from "../../graph/places";
import { wiresOf } from "../../graph/wires";
import { disconnect, tryConnect } from "../../graph/wiring";
import { useView } from "../../app/view";
import { activeBody, activeDocument, attempt, catalog, edit, select, selectedNames } from "../active";
import { DEFAULT_WIDTH, HEADER, layoutNode } from "../geometry";
import { rememberType } from "../recent";
import { setCanvas, useCanvas } from "../store";
import type { WireStart } from "../store";
import { endsOf } from "../wireEnds";
import { wireMiddle } from "../wirePath";
import type { XY } from "../wirePath";
import { focusNode, freePlace, viewCenter, zoomToFit } from "./view";

const FRAME_SIZE: Size = [360, 240];
const NOTE_SIZE: Size = [260, 160];

/** The size a node is drawn with. */
export function sizeOf(name: string): Size {
  const node = useCanvas.getState().flow?.getNode(name);
  return [node?.width ?? DEFAULT_WIDTH, node?.height ?? HEADER];
}

/** Free space for a node of this type as it looks when it is new, near a point or the middle of what is seen. */
export function placeFor({ inputs, outputs }: NodeDefinition, near?: XY): XY {
  const place = { place: undefined, advancedOpen: false, picture: false, message: "Not wired yet." };
  const { width, height } = layoutNode({ inputs, outputs, values: {}, known: true, ...place });
  return freePlace(width, height, near);
}

/** Adds a node in the middle of a wire, and selects it. */
export function addInto(definition: NodeDefinition, wireId: string): void {
  const wire = wiresOf(activeBody() ?? { nodes: {} }).find((it) => it.id === wireId);
  const ends = wire && endsOf(wire);
  const { x, y } = placeFor(definition, ends && wireMiddle(ends.from, ends.to, wire.bends));
  rememberType(definition.id);
  const added = attempt("Insert into the wire", (graph, scope) =>
    addOnWire(graph, scope, wireId, definition.id, [x, y], catalog()),
  );
  if (!added) return;
  setCanvas({ wires: new Set() });
  select([added.name]);
  focusNode(added.name);
}

/** Adds a node, wired to the loose end when there is one, and selects it. Gives its name. */
export function add(
  definition: NodeDefinition,
  at: XY,
  options: { wire?: WireStart; port?: Port; inputs?: Readonly<Record<string, Input>> } = {},
): string | undefined {
  const { wire, port, inputs } = options;
  rememberType(definition.id);
  const added = attempt("Add a node", (graph, scope): Outcome<{ graph: Graph; name: string }> => {
    const made: Outcome<{ graph: Graph; name: string }> = definition.id.startsWith("#")
      ? addInstance(graph, scope, definition.id.slice(1), [at.x, at.y])
      : { ok: true, ...addNode(graph, scope, definition.id, [at.x, at.y], inputs ? { inputs } : {}) };
    if (!made.ok || !wire || !port) return made;
    const wired =
      wire.direction === "from"
        ? tryConnect(made.graph, scope, wire.address, { node: made.name, input: port.name }, catalog())
        : tryConnect(made.graph, scope, { node: made.name, output: port.name }, wire.address, catalog());
    return wired.ok ? { ...wired, name: made.name } : wired;
  });
  if (!added) return undefined;
  select([added.name]);
  focusNode(added.name);
  return added.name;
}

/** Removes selected nodes, wires and frames, or other frames than the selected ones. */
export function removeSelection(frames: ReadonlySet<string> = useCanvas.getState().frames): void {
  const names = selectedNames();
  const { wires } = useCanvas.getState();
  if (names.length + frames.size + wires.size === 0) return;
  edit("Delete", (graph, scope) => {
    let next = disconnect(graph, scope, wires);
    for (const title of frames) next = removeFrame(next, scope, title);
    return removeNodes(next, scope, names);
  });
  setCanvas({ frames: new Set(), wires: new Set() });
}

/** The frames that are copied: selected ones, and those whose nodes are all selected. */
function chosenFrames(): Set<string> {
  const body = activeBody();
  const holding = body ? framesHolding(body, selectedNames(), sizeOf) : [];
  return new Set([...useCanvas.getState().frames, ...holding]);
}

/** The selected nodes as text, with the frames around them; undefined when neither is selected. */
export function selectionText(): string | undefined {
  const document = activeDocument();
  const names = selectedNames();
  const frames = chosenFrames();
  return document && names.length + frames.size > 0 ? copy(document.graph, document.scope, names, frames) : undefined;
}

export async function copySelection(): Promise<void> {
  const text = selectionText();
  if (text === undefined) return;
  await navigator.clipboard.writeText(text);
  const parts = [counted(selectedNames().length, "node"), counted(chosenFrames().size, "frame")];
  useView.getState().notify(`${parts.filter(Boolean).join(" and ")} copied.`);
}

function counted(count: number, thing: string): string {
  return count === 0 ? "" : `${count} ${thing}${count === 1 ? "" : "s"}`;
}

export async function cutSelection(): Promise<void> {
  await copySelection();
  removeCopied();
}

/** Removes the selected nodes with the frames that are copied with them. */
export function removeCopied(): void {
  removeSelection(chosenFrames());
}

/** Adds the nodes of a copied text in the middle of what is seen, or at a place. */
export function pasteText(text: string, at?: XY): void {
  const { x, y } = at ?? viewCenter();
  const pasted = attempt("Paste", (graph, scope) => paste(graph, scope, text, [x, y]));
  if (pasted) selectPasted(pasted);
}

export async function pasteClipboard(at?: XY): Promise<void> {
  pasteText(await navigator.clipboard.readText(), at);
}

export function duplicateSelection(): void {
  const document = activeDocument();
  if (!document) return;
  const copies = duplicate(document.graph, document.scope, selectedNames(), chosenFrames());
  edit("Duplicate", () => copies.graph);
  if (copies.names.length + copies.frames.length > 0) selectPasted(copies);
}

function selectPasted({ names, frames }: Pasted): void {
  select(names);
  setCanvas({ frames: new Set(frames) });
}

export function selectAll(): void {
  select(Object.keys(activeBody()?.nodes ?? {}));
}

/** Mutes or bypasses the selected nodes; when all are so already, they run again. */
export function toggleState(state: Exclude<NodeState, "normal">): void {
  const names = selectedNames();
  const document = activeDocument();
  if (!document || names.length === 0) return;
  const all = names.every((name) => nodeOf(document.graph, document.scope, name)?.state === state);
  edit(all ? "Let it run" : state === "muted" ? "Mute" : "Bypass", (graph, scope) =>
    setState(graph, scope, names, all ? "normal" : state),
  );
}

/** Folds the selected nodes, or unfolds them when all are folded. */
export function toggleFolded(): void {
  const names = selectedNames();
  const all = names.every((name) => isCollapsed(activeBody(), name));
  edit(all ? "Unfold" : "Fold", (graph, scope) => setCollapsed(graph, scope, names, !all));
}

export function alignSelection(edge: Edge): void {
  edit("Align", (graph, scope) => align(graph, scope, selectedNames(), edge, sizeOf));
}

export function distributeSelection(direction: "row" | "column"): void {
  edit("Distribute", (graph, scope) => distribute(graph, scope, selectedNames(), direction, sizeOf));
}

/** Arranges the selected nodes, or all when fewer than two are selected. */
export function layOut(): void {
  const names = selectedNames();
  const some = names.length > 1 ? names : undefined;
  edit("Arrange", (graph, scope) => autoLayout(graph, scope, some, sizeOf));
  if (!some) zoomToFit();
}

/** Adds a frame around the selected nodes, or an empty one. */
export function addFrameHere(at?: XY): void {
  const body = activeBody();
  const around = body && rectAround(body, selectedNames(), sizeOf);
  const { x, y } = at ?? viewCenter();
  let title = "";
  edit("Add a frame", (graph, scope) => {
    const added = addFrame(graph, scope, "Frame", around ?? [x, y, ...FRAME_SIZE]);
    title = added.title;
    return added.graph;
  });
  select([]);
  setCanvas({ frames: new Set([title]), renaming: { kind: "frame", name: title } });
}

/** Adds a free note. */
export function addNoteHere(at?: XY): void {
  const { x, y } = at ?? freePlace(...NOTE_SIZE);
  let title = "";
  edit("Add a note", (graph, scope) => {
    const added = addFrame(graph, scope, "Note", [x, y, ...NOTE_SIZE], { note: " " });
    title = added.title;
    return added.graph;
  });
  select([]);
  setCanvas({ frames: new Set([title]), noting: { kind: "frame", name: title } });
}

/** Begins to write the note below the selected node. */
export function editNote(): void {
  const [name] = selectedNames();
  const document = activeDocument();
  if (name === undefined || !document) return;
  if (nodeOf(document.graph, document.scope, name)?.note === undefined) {
    edit("Add a note", (graph, scope) => setNote(graph, scope, name, " "));
  }
  setCanvas({ noting: { kind: "node", name } });
}

/** Begins to rename the selected node or frame. */
export function rename(): void {
  const [name] = selectedNames();
  const [title] = useCanvas.getState().frames;
  if (name !== undefined) setCanvas({ renaming: { kind: "node", name } });
  else if (title !== undefined) setCanvas({ renaming: { kind: "frame", name: title } });
}

/** Whether the edited part has any node. */
export function hasNodes(): boolean {
  const document = activeDocument();
  return document !== undefined && Object.keys(bodyOf(document.graph, document.scope)?.nodes ?? {}).length > 0;
}
