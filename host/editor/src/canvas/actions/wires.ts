/** Wires: drawn, replaced, dropped, cut, bent. */
import type { Connection, Edge, Handle } from "@xyflow/react";
import type { Port } from "../../api/contract";
import { portsOf } from "../../graph/catalog";
import { nodeOf } from "../../graph/body";
import type { InputAddress, OutputAddress } from "../../graph/links";
import { addBend } from "../../graph/places";
import { wiresOf } from "../../graph/wires";
import type { Wire } from "../../graph/wires";
import { disconnect, insertOnWire, tryConnect, whyNot } from "../../graph/wiring";
import { activeBody, activeDocument, attempt, catalog, edit } from "../active";
import { setCanvas } from "../store";
import type { WireStart } from "../store";
import { bendIndex } from "../wirePath";
import type { XY } from "../wirePath";
import { useView } from "../../app/view";

type End = Pick<Handle, "nodeId" | "type"> & { id?: string | null };

/** The input that a handle's id names: `references.0` is an item, unless an input is called so. */
export function inputAddress(node: string, handle: string): InputAddress {
  const [, input, index] = /^(.*)\.(\d+)$/.exec(handle) ?? [];
  return input === undefined ? { node, input: handle } : { node, input, index: Number(index) };
}

/** Why no wire can lead between two handles, as a sentence; undefined when one can. */
export function whyNotHere(a: End, b: End): string | undefined {
  const document = activeDocument();
  if (!document) return undefined;
  if (a.type === b.type) {
    return a.nodeId === b.nodeId && a.id === b.id
      ? undefined
      : `A wire leads from an output to an input; both of these are ${a.type === "source" ? "outputs" : "inputs"}.`;
  }
  const [source, target] = a.type === "source" ? [a, b] : [b, a];
  if (source.nodeId === target.nodeId) return "A node cannot feed itself.";
  const from = { node: source.nodeId, output: source.id ?? "" };
  return whyNot(document.graph, document.scope, from, inputAddress(target.nodeId, target.id ?? ""), catalog());
}

/** Whether React Flow may end the wire there. */
export function isValid({ source, sourceHandle, target, targetHandle }: Connection | Edge): boolean {
  const a = { nodeId: source, type: "source" as const, id: sourceHandle ?? null };
  return whyNotHere(a, { nodeId: target, type: "target", id: targetHandle ?? null }) === undefined;
}

/** Leads a wire; a reason against it is shown. */
export function wire(from: OutputAddress, to: InputAddress): boolean {
  return attempt("Connect", (graph, scope) => tryConnect(graph, scope, from, to, catalog())) !== undefined;
}

/** Leads the end of a wire elsewhere. */
export function rewire(id: string, { source, sourceHandle, target, targetHandle }: Connection): void {
  const from = { node: source, output: sourceHandle ?? "" };
  const to = inputAddress(target, targetHandle ?? "");
  attempt("Move the wire", (graph, scope) => {
    const old = wiresOf(activeBody() ?? { nodes: {} }).find((it) => it.id === id);
    const same = old?.to.node === to.node && old.to.input === to.input && old.to.index === to.index;
    return tryConnect(same ? graph : disconnect(graph, scope, [id]), scope, from, to, catalog());
  });
}

/** Takes wires away. */
export function cut(ids: Iterable<string>): void {
  const gone = [...ids];
  if (gone.length === 0) return;
  edit(gone.length === 1 ? "Remove the wire" : `Remove ${gone.length} wires`, (graph, scope) =>
    disconnect(graph, scope, gone),
  );
  setCanvas({ wires: new Set() });
}

/** Adds a bend where the wire was pressed. */
export function bend(wire: Wire, at: XY, from: XY, to: XY): void {
  const index = bendIndex(at, from, to, wire.bends);
  edit("Bend the wire", (graph, scope) => addBend(graph, scope, wire.id, [at.x, at.y], index));
}

/** Puts a node into a wire. */
export function insertInto(wireId: string, node: string): void {
  attempt("Insert into the wire", (graph, scope) => insertOnWire(graph, scope, wireId, node, catalog()));
}

/** Opens the search for a node to put into a wire. */
export function searchInto({ id, from, to }: Wire, screen: XY): void {
  const source = portOf(from.node, "outputs", from.output);
  const target = portOf(to.node, "inputs", to.input);
  setCanvas({ search: { screen, into: { wire: id, from: source?.kind ?? "any", to: target?.kind ?? "any" } } });
}

function portOf(name: string, side: "inputs" | "outputs", port: string): Port | undefined {
  const document = activeDocument();
  const node = document && nodeOf(document.graph, document.scope, name);
  return document && node && portsOf(document.graph, node, catalog())[side].find((it) => it.name === port);
}

/** Whether a node could be put into a wire. */
export function canInsert(wireId: string, node: string): boolean {
  const document = activeDocument();
  return document !== undefined && insertOnWire(document.graph, document.scope, wireId, node, catalog()).ok;
}

/** What a handle is the free end of. */
export function wireStart(node: string, handle: string, type: "source" | "target"): WireStart | undefined {
  const document = activeDocument();
  const found = document && nodeOf(document.graph, document.scope, node);
  if (!document || !found) return undefined;
  const { inputs, outputs } = portsOf(document.graph, found, catalog());
  if (type === "source") {
    const kind = outputs.find((port) => port.name === handle)?.kind ?? "any";
    return { direction: "from", address: { node, output: handle }, kind };
  }
  const address = inputAddress(node, handle);
  const input = inputs.find((port) => port.name === address.input);
  return { direction: "to", address, kind: input?.kind ?? "any", also: input?.also ?? [] };
}

/** Ends a drawn wire at a node as a whole: at its first port that fits, free ones first. */
export function wireToNode(start: WireStart, name: string): void {
  const document = activeDocument();
  const node = document && nodeOf(document.graph, document.scope, name);
  if (!document || !node || start.address.node === name) return;
  const { graph, scope } = document;
  const { inputs, outputs } = portsOf(graph, node, catalog());
  if (start.direction === "from") {
    const free = (port: { name: string }) => node.inputs?.[port.name] === undefined;
    const order = [...inputs].sort((a, b) => rank(a, free(a)) - rank(b, free(b)));
    const port = order.find((it) => !whyNot(graph, scope, start.address, { node: name, input: it.name }, catalog()));
    if (port) wire(start.address, { node: name, input: port.name });
    else useView.getState().notify(`“${name}” has no input that takes ${start.kind}.`, "error");
  } else {
    const port = outputs.find((it) => !whyNot(graph, scope, { node: name, output: it.name }, start.address, catalog()));
    if (port) wire({ node: name, output: port.name }, start.address);
    else useView.getState().notify(`“${name}” has no output that gives ${start.kind}.`, "error");
  }
}

/** Sockets before values, free ones before used ones. */
function rank(port: { default?: unknown; kind: string; advanced?: boolean }, free: boolean): number {
  return (free ? 0 : 4) + (port.advanced ? 2 : 0) + (port.default === undefined ? 0 : 1);
}
