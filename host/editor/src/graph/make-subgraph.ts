/** Makes a subgraph of selected nodes; the wires that cross become its inputs and outputs. */
import { bodyOf, editBody, type Scope } from "./body";
import type { Catalog } from "./catalog";
import type { Body, Graph, GraphNode, Input, Layout, Subgraph } from "./document";
import { connects } from "./kinds";
import { isLink, itemsOf, linksOf, sourceOf, splitAddress } from "./links";
import { freshName, nameForType } from "./names";
import { type Outcome, refuse } from "./outcome";
import { placeOf } from "./places";
import { portsOf } from "./ports";
import { entry, mapEntries, mapValues, orNothing, type ReadonlyRecord, withEntry, withField, without } from "./record";
import { mapBodyLinks, mapOffered, withLayout } from "./references";
import { shifted, topLeft } from "./shift";
import { wiresOf } from "./wires";

/** An input of the new subgraph: what the instance gets, and the inner inputs (`node.input`) it goes to. */
interface Crossing {
  readonly name: string;
  readonly value: Input | undefined;
  readonly targets: string[];
  readonly kind: string;
  readonly list: boolean;
}

/**
 * Moves nodes into a new subgraph and puts an instance in their place.
 *
 * Values stay inside as defaults. Refused when a wire would lead out of the subgraph and back in, or when a list takes
 * wires from both sides.
 */
export function makeSubgraph(
  graph: Graph,
  scope: Scope,
  names: Iterable<string>,
  wanted: string,
  catalog: Catalog,
): Outcome<{ readonly graph: Graph; readonly instance: string; readonly definition: string }> {
  const body = bodyOf(graph, scope);
  const selected = new Set([...names].filter((name) => entry(body?.nodes, name) !== undefined));
  if (body === undefined || selected.size === 0) return refuse("Select the nodes that shall become a subgraph.");
  const between = nodeBetween(body, selected);
  if (between !== undefined) return refuse(`“${between}” lies between the selected nodes; select it as well.`);
  const crossed = crossings(graph, body, selected, catalog);
  if (!crossed.ok) return crossed;

  const definition = freshName(wanted, (name) => entry(graph.definitions, name) !== undefined);
  const instance = freshName(nameForType(`#${definition}`), (name) => Object.hasOwn(body.nodes, name));
  const outputs = outputNames(body, selected);
  const corner = topLeft(body, selected) ?? [0, 0];

  const made: Subgraph = {
    ...(crossed.inputs.length > 0 && { inputs: Object.fromEntries(crossed.inputs.map(writtenInput)) }),
    nodes: innerNodes(body, selected, crossed.inputs),
    ...(outputs.size > 0 && { outputs: Object.fromEntries([...outputs].map(([from, name]) => [name, { from }])) }),
  };
  const inner = withLayout(made, shifted(layoutInside(body, made), [-corner[0], -corner[1]]));
  const values = crossed.inputs.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  const node: GraphNode = { type: `#${definition}`, ...(values.length > 0 && { inputs: Object.fromEntries(values) }) };

  const outside = editBody(graph, scope, (it) => {
    const nodes = withEntry(without(it.nodes, selected), instance, node) as Body["nodes"];
    const rewired = mapBodyLinks({ ...it, nodes }, (link) => {
      const name = outputs.get(link.from);
      return name === undefined ? link : { ...link, from: `${instance}.${name}` };
    });
    const offered = mapOffered(rewired, targetNames(instance, crossed.inputs), (from) => {
      const name = outputs.get(from);
      return name === undefined ? from : `${instance}.${name}`;
    });
    const layout = layoutOutside(it.layout ?? {}, selected, instance, crossed.inputs);
    return withLayout(offered, withEntry<unknown>(layout, instance, corner));
  });
  const definitions = withEntry(outside.definitions ?? {}, definition, inner);
  return { ok: true, graph: withField(outside, "definitions", definitions), instance, definition };
}

/** A node outside that needs a selected one and is needed by one. */
function nodeBetween(body: Body, selected: ReadonlySet<string>): string | undefined {
  const users = new Map<string, string[]>();
  const needs = new Map<string, string[]>();
  for (const { from, to } of wiresOf(body)) {
    users.set(from.node, [...(users.get(from.node) ?? []), to.node]);
    needs.set(to.node, [...(needs.get(to.node) ?? []), from.node]);
  }
  const below = reach(selected, users);
  const above = reach(selected, needs);
  return [...below].find((name) => above.has(name));
}

/** The nodes outside a selection that are reached from it. */
function reach(selected: ReadonlySet<string>, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const open = [...selected];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const name of next.get(at) ?? []) {
      if (selected.has(name) || found.has(name)) continue;
      found.add(name);
      open.push(name);
    }
  }
  return found;
}

/** The inputs that the subgraph needs: for wires from outside, and for inputs that are offered already. */
function crossings(
  graph: Graph,
  body: Body,
  selected: ReadonlySet<string>,
  catalog: Catalog,
): Outcome<{ readonly inputs: readonly Crossing[] }> {
  const inputs: Crossing[] = [];
  const add = (node: GraphNode, nodeName: string, input: string, value: Input | undefined) => {
    const port = portsOf(graph, node, catalog).inputs.find((it) => it.name === input);
    const kind = port?.kind ?? "any";
    const list = port?.list ?? Array.isArray(value);
    const target = `${nodeName}.${input}`;
    const shared = inputs.find(
      (it) => isLink(value) && isLink(it.value) && it.value.from === value.from && !list && !it.list && connects(it.kind, kind).ok,
    );
    if (shared !== undefined) {
      shared.targets.push(target);
      return;
    }
    const taken = (name: string) => inputs.some((it) => it.name === name);
    const name = freshName(taken(input) ? `${nodeName}-${input}` : input, taken);
    inputs.push({ name, value, targets: [target], kind, list });
  };

  for (const nodeName of [...selected].sort()) {
    const node = entry(body.nodes, nodeName);
    if (node === undefined) continue;
    for (const [input, value] of Object.entries(node.inputs ?? {})) {
      const links = itemsOf(value).filter((item) => isLink(item));
      const inside = links.filter((link) => selected.has(sourceOf(link)?.node ?? ""));
      if (links.length === inside.length) continue;
      if (inside.length > 0) {
        return refuse(`The list “${nodeName}.${input}” takes wires from inside and outside the selection; select their nodes as well.`);
      }
      add(node, nodeName, input, value);
    }
  }
  mapOffered(
    body,
    (address) => {
      const [name, input] = splitAddress(address) ?? [];
      const node = name === undefined || !selected.has(name) ? undefined : entry(body.nodes, name);
      const known = inputs.some((it) => it.targets.includes(address));
      if (name !== undefined && input !== undefined && node !== undefined && !known) add(node, name, input, undefined);
      return address;
    },
    (address) => address,
  );
  return { ok: true, inputs };
}

/** For each inner output that is used outside, its name as the subgraph's. */
function outputNames(body: Body, selected: ReadonlySet<string>): Map<string, string> {
  const names = new Map<string, string>();
  const use = (address: string) => {
    const [node, output] = splitAddress(address) ?? [];
    if (node === undefined || output === undefined || !selected.has(node) || names.has(address)) return address;
    const taken = (name: string) => [...names.values()].includes(name);
    names.set(address, freshName(taken(output) ? `${node}-${output}` : output, taken));
    return address;
  };
  for (const name of Object.keys(body.nodes).filter((it) => !selected.has(it)).sort()) {
    for (const { link } of linksOf(body.nodes[name] as GraphNode)) use(link.from);
  }
  mapOffered(body, (address) => address, use);
  return names;
}

function writtenInput({ name, targets }: Crossing): [string, string | string[]] {
  return [name, targets.length === 1 ? (targets[0] ?? "") : targets];
}

/** The selected nodes without what the instance gives them. */
function innerNodes(body: Body, selected: ReadonlySet<string>, inputs: readonly Crossing[]): Body["nodes"] {
  const given = new Set(inputs.filter((it) => it.value !== undefined).flatMap((it) => it.targets));
  const nodes = Object.entries(body.nodes).filter(([name]) => selected.has(name));
  return mapValues(Object.fromEntries(nodes), (node, name) => {
    if (node.inputs === undefined) return node;
    const kept = without(node.inputs, Object.keys(node.inputs).filter((input) => given.has(`${name}.${input}`)));
    return kept === node.inputs ? node : withField(node, "inputs", orNothing(kept));
  });
}

/** Where an offered inner input is found from outside. */
function targetNames(instance: string, inputs: readonly Crossing[]): (address: string) => string {
  return (address) => {
    const crossing = inputs.find((it) => it.targets.includes(address));
    return crossing === undefined ? address : `${instance}.${crossing.name}`;
  };
}

/** Places of the inner nodes, and bends of the wires between them. */
function layoutInside(body: Body, inner: Subgraph): Layout {
  const wires = new Set(wiresOf(inner).map((wire) => wire.id));
  return mapEntries<unknown>(body.layout ?? {}, (key, value) =>
    wires.has(key) || (Object.hasOwn(inner.nodes, key) && placeOf(body, key) !== undefined) ? [key, value] : undefined,
  );
}

/** The layout without what is inside now; bends of wires that lead in follow. */
function layoutOutside(
  layout: Layout,
  selected: ReadonlySet<string>,
  instance: string,
  inputs: readonly Crossing[],
): ReadonlyRecord<unknown> {
  return mapEntries<unknown>(layout, (key, value) => {
    const [node = key, port] = splitAddress(key) ?? [];
    if (key === "frames" || !selected.has(node)) return [key, value];
    if (port === undefined) return undefined;
    const [, target = key, index = ""] = /^(.+?)(\.\d+)?$/.exec(key) ?? [];
    const crossing = inputs.find((it) => it.value !== undefined && it.targets[0] === target);
    return crossing === undefined ? undefined : [`${instance}.${crossing.name}${index}`, value];
  });
}
