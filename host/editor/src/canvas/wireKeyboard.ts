/**
 * Wires by keyboard. Tab goes through nodes alone, so that many wires are not in its way: from a node a key goes to its
 * first wire, and from there along its others.
 */
import type { KeyboardEvent } from "react";
import { useDocuments } from "../documents/store";
import { moveBend, removeBend } from "../graph/places";
import { wiresOf } from "../graph/wires";
import type { Wire } from "../graph/wires";
import { activeBody, activeDocument, edit, select } from "./active";
import { bringIntoSight, focusElement, focusNode } from "./actions/view";
import { bend, cut, searchInto } from "./actions/wires";
import { setCanvas, useCanvas } from "./store";
import { endsOf } from "./wireEnds";
import { bendIndex, wireMiddle } from "./wirePath";
import type { XY } from "./wirePath";

/** Editor pixels a bend is moved by a key. */
const BEND_STEP = 20;
const MOVES: Record<string, XY> = {
  ArrowLeft: { x: -BEND_STEP, y: 0 },
  ArrowRight: { x: BEND_STEP, y: 0 },
  ArrowUp: { x: 0, y: -BEND_STEP },
  ArrowDown: { x: 0, y: BEND_STEP },
};

/** The node whose wires are gone through, and the bend that keys move. */
let home: string | undefined;
let bendAt: { wire: string; index: number } | undefined;

/** Goes from a node to its first wire. */
export function enterWires(node: string): void {
  const [first] = wiresAt(node);
  home = node;
  if (first) focusWire(first);
}

/** What a key does to the wire that has the focus. Says whether it did something. */
export function pressOnWire(id: string, event: KeyboardEvent): boolean {
  const wire = wiresOf(activeBody() ?? { nodes: {} }).find((it) => it.id === id);
  if (!wire) return false;
  const { key, shiftKey } = event;
  const by = MOVES[key];
  if (shiftKey && by) shiftBend(wire, by);
  else if (key === "ArrowLeft") focusEnd(wire.from.node);
  else if (key === "ArrowRight") focusEnd(wire.to.node);
  else if (key === "ArrowDown" || key === "w") step(wire, 1);
  else if (key === "ArrowUp" || key === "W") step(wire, -1);
  else if (key === "Tab" || key === "Escape") focusEnd(homeOf(wire));
  else if (key === "Delete" || key === "Backspace") remove(wire);
  else if (key === "Enter") peek(wire);
  else if (key === "i") searchInto(wire, screenMiddle(wire));
  else if (key === "r") addBend(wire);
  else if (key === "R") dropBend(wire);
  else return false;
  return true;
}

/** All wires of a node: into its inputs, then from its outputs. */
function wiresAt(node: string): Wire[] {
  const wires = wiresOf(activeBody() ?? { nodes: {} });
  return [...wires.filter((wire) => wire.to.node === node), ...wires.filter((wire) => wire.from.node === node)];
}

function homeOf({ from, to }: Wire): string {
  return home === from.node || home === to.node ? home : to.node;
}

function step(wire: Wire, by: 1 | -1): void {
  const wires = wiresAt(homeOf(wire));
  const next = wires.at((wires.findIndex((it) => it.id === wire.id) + by) % wires.length);
  if (next) focusWire(next);
}

/** The wire alone is selected, so that Delete takes no node. */
function focusWire(wire: Wire): void {
  select([]);
  setCanvas({ wires: new Set([wire.id]), frames: new Set() });
  const { x, y } = middleOf(wire);
  bringIntoSight({ x, y, width: 0, height: 0 });
  focusElement(`.react-flow__edge[data-id="${CSS.escape(wire.id)}"]`);
}

function focusEnd(node: string): void {
  setCanvas({ wires: new Set() });
  select([node]);
  focusNode(node);
}

function remove(wire: Wire): void {
  cut([wire.id]);
  focusEnd(homeOf(wire));
}

function peek(wire: Wire): void {
  setCanvas({ peek: { address: `${wire.from.node}.${wire.from.output}`, anchor: screenMiddle(wire) } });
}

function middleOf(wire: Wire): XY {
  const ends = endsOf(wire);
  return ends ? wireMiddle(ends.from, ends.to, wire.bends) : { x: 0, y: 0 };
}

function screenMiddle(wire: Wire): XY {
  return useCanvas.getState().flow?.flowToScreenPosition(middleOf(wire)) ?? { x: 0, y: 0 };
}

function addBend(wire: Wire): void {
  const ends = endsOf(wire);
  if (!ends) return;
  const middle = middleOf(wire);
  bendAt = { wire: wire.id, index: bendIndex(middle, ends.from, ends.to, wire.bends) };
  bend(wire, middle, ends.from, ends.to);
}

/** The bend that was added or moved last, else the last of the wire. */
function activeBend({ id, bends }: Wire): number {
  return bendAt?.wire === id && bendAt.index < bends.length ? bendAt.index : bends.length - 1;
}

function shiftBend(wire: Wire, by: XY): void {
  const index = activeBend(wire);
  const at = wire.bends[index];
  const scope = activeDocument()?.scope ?? null;
  if (!at) return;
  useDocuments
    .getState()
    .edit("Move the bend", (graph) => moveBend(graph, scope, wire.id, index, [at[0] + by.x, at[1] + by.y]), {
      merge: `bend ${wire.id} ${index}`,
    });
}

function dropBend(wire: Wire): void {
  if (wire.bends.length === 0) return;
  edit("Remove the bend", (graph, scope) => removeBend(graph, scope, wire.id, activeBend(wire)));
}
