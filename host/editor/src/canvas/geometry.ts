/**
 * Where everything of a node lies, as numbers. Nodes are laid out by this and not by the browser: wires, hit tests and
 * auto-layout need the places of ports of nodes that are not drawn. The style sheet uses the same heights.
 */
import type { Port } from "../api/contract";
import type { Input, Place } from "../graph/document";
import { isLink, itemsOf, sourceOf } from "../graph/links";
import type { OutputAddress } from "../graph/links";
import { controlFor } from "../widgets/choose";
import type { ControlName } from "../widgets/choose";

/** All in editor pixels at zoom 1. */
export const HEADER = 38;
export const DEFAULT_WIDTH = 240;
export const NARROWEST = 180;
export const WIDEST = 800;
/** Side of a port's shape; its middle lies on the edge of the node. */
export const PORT = 12;
const SOCKET = 22;
const FIELD = 28;
const ADVANCED = 24;
const PICTURE = 136;
const MESSAGE_LINE = 14;
const MESSAGE_FRAME = 12;
/** What of the width the message's icon and borders take, and a letter of it. */
const MESSAGE_SIDES = 66;
const MESSAGE_CHARACTER = 5.8;
const MOST_MESSAGE_LINES = 5;
const PADDING = 6;
const TEXT_LINE = 17;
const TEXT_FRAME = 34;
const FEWEST_LINES = 2;
const MOST_LINES = 8;
const CHARACTER = 6.6;

/** One place to wire or set a value: an input, or an item of a list input. */
export interface Slot {
  port: Port;
  /** Of the item, in a list. */
  index?: number;
  /** The port's name, with `.index` for an item. */
  handle: string;
  /** The output it is wired to. */
  from?: OutputAddress;
  /** The literal it is set to. */
  literal?: Input;
  control: ControlName | undefined;
}

export type Row = { y: number; height: number } & (
  | { kind: "sockets"; input?: Slot; output?: Port }
  | { kind: "field"; slot: Slot }
  | { kind: "text"; slot: Slot }
  | { kind: "literal"; slot: Slot }
  | { kind: "advanced"; open: boolean; ports: number; changed: number }
  | { kind: "picture" }
  | { kind: "message" }
);

export interface Handle {
  id: string;
  type: "source" | "target";
  /** Middle of the shape, from the upper left corner of the node. */
  x: number;
  y: number;
  /** Whether a wire leads to it; of an output this is not known here. */
  wired?: boolean;
}

export interface NodeLayout {
  width: number;
  height: number;
  rows: readonly Row[];
  handles: readonly Handle[];
  folded: boolean;
}

export interface NodeContents {
  inputs: readonly Port[];
  outputs: readonly Port[];
  values: Readonly<Record<string, Input>>;
  /** False for a type nobody knows: its values can be read, not set. */
  known: boolean;
  place: Place | undefined;
  advancedOpen: boolean;
  picture: boolean;
  /** The sentence below everything; undefined when there is none. */
  message: string | undefined;
}

/** Lays out a node: sockets beside each other, then what can be set, then advanced inputs, picture and message. */
export function layoutNode(contents: NodeContents): NodeLayout {
  const { place } = contents;
  const width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, place?.[2] || DEFAULT_WIDTH)));
  const rows = contentRows(contents, width);
  if (place?.[3] === 0) return folded(contents, rows, width);

  const bottom = (rows.at(-1)?.y ?? HEADER) + (rows.at(-1)?.height ?? 0);
  const height = Math.max(bottom + PADDING, Math.round(place?.[3] ?? 0));
  const stretched = stretch(rows, height - bottom - PADDING);
  return { width, height, rows: stretched, handles: handlesOf(stretched, width), folded: false };
}

/** A folded node is its header; all its ports lie at the middle of its sides. */
function folded(contents: NodeContents, rows: readonly Row[], width: number): NodeLayout {
  const sides = handlesOf(rows, width);
  const hidden = contents.inputs.flatMap((port) => slotsOf(port, contents.values));
  const known = new Set(sides.map((handle) => `${handle.type} ${handle.id}`));
  const all = [
    ...sides,
    ...hidden
      .filter((slot) => !known.has(`target ${slot.handle}`))
      .map((slot): Handle => ({ id: slot.handle, type: "target", x: 0, y: 0, wired: slot.from !== undefined })),
  ];
  return {
    width,
    height: HEADER,
    rows: [],
    handles: all.map((handle) => ({ ...handle, y: HEADER / 2 })),
    folded: true,
  };
}

function contentRows(contents: NodeContents, width: number): Row[] {
  const rows: Row[] = [];
  let y = HEADER + PADDING;
  const add = (row: RowContents, height: number) => {
    rows.push({ ...row, y, height });
    y += height;
  };
  const { values, known } = contents;
  const open = (port: Port) => !port.advanced || contents.advancedOpen || (isWired(values[port.name]) && !port.list);
  const shown = contents.inputs.filter(open).flatMap((port) => slotsOf(port, values));
  const asRow = (slot: Slot) => rowFor(slot, known, width);
  const inPlace = (slot: Slot) => slot.port.advanced === true && contents.advancedOpen;

  const sockets = shown.filter((slot) => asRow(slot).row.kind === "sockets" && !inPlace(slot));
  for (let index = 0; index < Math.max(sockets.length, contents.outputs.length); index += 1) {
    const input = sockets[index];
    const output = contents.outputs[index];
    add({ kind: "sockets", ...(input && { input }), ...(output && { output }) }, SOCKET);
  }
  const addSlot = (slot: Slot) => {
    const { row, height } = asRow(slot);
    add(row, height);
  };
  shown.filter((slot) => !slot.port.advanced && !sockets.includes(slot)).forEach(addSlot);

  const advanced = contents.inputs.filter((port) => port.advanced);
  if (advanced.length > 0) {
    const changed = advanced.filter((port) => values[port.name] !== undefined).length;
    add({ kind: "advanced", open: contents.advancedOpen, ports: advanced.length, changed }, ADVANCED);
    shown.filter((slot) => slot.port.advanced && !sockets.includes(slot)).forEach(addSlot);
  }
  if (contents.picture) add({ kind: "picture" }, PICTURE);
  if (contents.message !== undefined) add({ kind: "message" }, messageHeight(contents.message, width));
  return rows;
}

type RowContents = Row extends infer R ? (R extends Row ? Omit<R, "y" | "height"> : never) : never;

function rowFor(slot: Slot, known: boolean, width: number): { row: RowContents; height: number } {
  const set = slot.literal !== undefined;
  if (slot.from || (!slot.control && !set)) {
    if (slot.control) return { row: { kind: "field", slot }, height: FIELD };
    return { row: { kind: "sockets", input: slot }, height: SOCKET };
  }
  if (!known || !slot.control) return { row: { kind: "literal", slot }, height: FIELD };
  if (slot.control === "textarea") return { row: { kind: "text", slot }, height: textHeight(slot, width) };
  return { row: { kind: "field", slot }, height: FIELD };
}

function messageHeight(message: string, width: number): number {
  const lines = Math.ceil((message.length * MESSAGE_CHARACTER) / (width - MESSAGE_SIDES));
  return MESSAGE_FRAME + MESSAGE_LINE * Math.min(MOST_MESSAGE_LINES, Math.max(FEWEST_LINES, lines));
}

function textHeight(slot: Slot, width: number): number {
  const text = typeof slot.literal === "string" ? slot.literal : String(slot.port.default ?? "");
  const columns = Math.max(8, Math.floor((width - 34) / CHARACTER));
  const lines = text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
  return TEXT_FRAME + TEXT_LINE * Math.min(MOST_LINES, Math.max(FEWEST_LINES, lines));
}

/** An input as slots: one, or for a list one for each item and one to add another. */
export function slotsOf(port: Port, values: Readonly<Record<string, Input>>): Slot[] {
  const value = Object.hasOwn(values, port.name) ? values[port.name] : undefined;
  const control = controlFor(port);
  if (!port.list) return [slot(port, port.name, value, control)];
  if (value === undefined) return [slot(port, port.name, undefined, undefined)];
  if (isLink(value)) return [slot(port, port.name, value, undefined)];
  const items = itemsOf(value).map((item, index) => ({
    ...slot(port, `${port.name}.${index}`, item, control),
    index,
  }));
  return [...items, slot(port, port.name, undefined, undefined)];
}

function slot(port: Port, handle: string, value: Input | undefined, control: ControlName | undefined): Slot {
  const base = { port, handle, control };
  if (value === undefined) return base;
  if (!isLink(value)) return { ...base, literal: value };
  const from = sourceOf(value);
  return from ? { ...base, from } : { ...base, literal: value };
}

function isWired(value: Input | undefined): boolean {
  return value !== undefined && itemsOf(value).some((item) => isLink(item));
}

/** Gives the height a user added to the picture, else to the first text. */
function stretch(rows: readonly Row[], extra: number): readonly Row[] {
  if (extra <= 0) return rows;
  const picture = rows.findIndex((row) => row.kind === "picture");
  const at = picture >= 0 ? picture : rows.findIndex((row) => row.kind === "text");
  if (at < 0) return rows;
  return rows.map((row, index) => {
    if (index < at) return row;
    return index === at ? { ...row, height: row.height + extra } : { ...row, y: row.y + extra };
  });
}

function handlesOf(rows: readonly Row[], width: number): Handle[] {
  return rows.flatMap((row) => {
    const y = row.y + (row.kind === "text" ? SOCKET : row.height) / 2;
    const target = (slot: Slot): Handle => ({
      id: slot.handle,
      type: "target",
      x: 0,
      y,
      wired: slot.from !== undefined,
    });
    if (row.kind === "sockets") {
      return [
        ...(row.input ? [target(row.input)] : []),
        ...(row.output ? [{ id: row.output.name, type: "source" as const, x: width, y }] : []),
      ];
    }
    return row.kind === "field" || row.kind === "text" || row.kind === "literal" ? [target(row.slot)] : [];
  });
}
