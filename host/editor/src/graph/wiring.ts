/** Connecting and disconnecting. */
import type { Port } from "../api/contract";
import { bodyOf, editBody, nodeOf, type Scope } from "./body";
import type { Catalog } from "./catalog";
import type { Graph, Input, Json, Link } from "./document";
import { feeds } from "./kinds";
import { type InputAddress, linkTo, linksOf, type OutputAddress, sourceOf } from "./links";
import { type Outcome, refuse } from "./outcome";
import { portsOf } from "./ports";
import { entry } from "./record";
import { mapBodyLinks } from "./references";
import { setInput } from "./values";
import { wireId, wiresOf } from "./wires";

/**
 * Leads a wire from an output to an input.
 *
 * The wire or value of a single input is replaced. A list input gets one more item, or with `to.index` that item
 * replaced. Refused when kinds do not match, a port does not exist, or it would make a circle.
 */
export function tryConnect(
  graph: Graph,
  scope: Scope,
  from: OutputAddress,
  to: InputAddress,
  catalog: Catalog,
): Outcome<{ readonly graph: Graph }> {
  const refused = whyNot(graph, scope, from, to, catalog);
  if (refused !== undefined) return refuse(refused);
  const node = nodeOf(graph, scope, to.node);
  const list = node && portsOf(graph, node, catalog).inputs.find((port) => port.name === to.input)?.list;
  const before = entry(node?.inputs, to.input);
  const value = list ? withItem(before, to.index, linkTo(from)) : linkTo(from);
  return { ok: true, graph: setInput(graph, scope, to.node, to.input, value) };
}

/** As {@link tryConnect}; the same graph when it is refused. */
export function connect(graph: Graph, scope: Scope, from: OutputAddress, to: InputAddress, catalog: Catalog): Graph {
  const tried = tryConnect(graph, scope, from, to, catalog);
  return tried.ok ? tried.graph : graph;
}

/** Why a wire cannot lead from an output to an input, as a sentence; undefined when it can. */
export function whyNot(
  graph: Graph,
  scope: Scope,
  from: OutputAddress,
  to: InputAddress,
  catalog: Catalog,
): string | undefined {
  const source = nodeOf(graph, scope, from.node);
  const target = nodeOf(graph, scope, to.node);
  if (source === undefined) return `There is no node “${from.node}”.`;
  if (target === undefined) return `There is no node “${to.node}”.`;
  const given = portsOf(graph, source, catalog);
  const taken = portsOf(graph, target, catalog);
  const output = given.outputs.find((port) => port.name === from.output) ?? anyPort(given.known, from.output);
  const input = taken.inputs.find((port) => port.name === to.input) ?? anyPort(taken.known, to.input);
  if (output === undefined) return `“${from.node}” has no output “${from.output}”.`;
  if (input === undefined) return `“${to.node}” has no input “${to.input}”.`;
  const kinds = feeds(output.kind, input);
  if (!kinds.ok) return kinds.reason;
  const circle = pathBetween(graph, scope, from.node, to.node);
  return circle && `This would make a circle: ${[...circle, circle[0]].join(" → ")}.`;
}

/** Takes wires away: single inputs have their defaults again, lists get shorter. */
export function disconnect(graph: Graph, scope: Scope, wireIds: Iterable<string>): Graph {
  const ids = new Set(wireIds);
  return editBody(graph, scope, (body) => mapBodyLinks(body, (link, to) => (ids.has(wireId(to)) ? undefined : link)));
}

/** Puts a node that is there into a wire: its first input and output that fit, free ones before used ones. */
export function insertOnWire(
  graph: Graph,
  scope: Scope,
  wireId: string,
  node: string,
  catalog: Catalog,
): Outcome<{ readonly graph: Graph }> {
  const body = bodyOf(graph, scope);
  const wire = body && wiresOf(body).find((it) => it.id === wireId);
  const between = nodeOf(graph, scope, node);
  if (wire === undefined) return refuse(`There is no wire into “${wireId}”.`);
  if (between === undefined) return refuse(`There is no node “${node}”.`);
  if (node === wire.from.node || node === wire.to.node) return refuse("The wire leads to this node already.");
  const ports = portsOf(graph, between, catalog);
  const free = (port: Port) => entry(between.inputs, port.name) === undefined;
  const inputs = [...ports.inputs.filter(free), ...ports.inputs.filter((port) => !free(port))];
  for (const input of inputs.filter(isPrimary)) {
    const first = tryConnect(graph, scope, wire.from, { node, input: input.name }, catalog);
    if (!first.ok) continue;
    for (const output of ports.outputs) {
      const second = tryConnect(first.graph, scope, { node, output: output.name }, wire.to, catalog);
      if (second.ok) return second;
    }
  }
  return refuse(`“${node}” has no input and output that fit into this wire.`);
}

/** Ports that are meant to be wired come before values that are usually typed in. */
function isPrimary(port: Port): boolean {
  return port.default === undefined && !port.advanced;
}

/** The nodes from one that is needed to one that needs it, wire by wire; undefined when there is no way. */
function pathBetween(graph: Graph, scope: Scope, needing: string, needed: string): string[] | undefined {
  const seen = new Map<string, string | undefined>([[needing, undefined]]);
  const open = [needing];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === needed) {
      const path: string[] = [];
      for (let step: string | undefined = at; step !== undefined; step = seen.get(step)) path.push(step);
      return path;
    }
    const node = nodeOf(graph, scope, at);
    for (const { link } of node === undefined ? [] : linksOf(node)) {
      const source = sourceOf(link)?.node;
      if (source === undefined || seen.has(source)) continue;
      seen.set(source, at);
      open.push(source);
    }
  }
  return undefined;
}

function withItem(before: Input | undefined, index: number | undefined, link: Link): Input {
  const items = before === undefined ? [] : ((Array.isArray(before) ? before : [before]) as (Json | Link)[]);
  if (index === undefined || index >= items.length) return [...items, link];
  return items.map((item, at) => (at === index ? link : item));
}

/** A node of an unknown type may have any port. */
function anyPort(known: boolean, name: string): Port | undefined {
  return known ? undefined : { name, kind: "any" };
}
