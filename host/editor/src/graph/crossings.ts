/** What crosses the border of some selected nodes: the inputs and outputs that a subgraph of them needs. */
import type { Catalog } from "./catalog";
import type { Body, Graph, GraphNode, Input } from "./document";
import { connects } from "./kinds";
import { isLink, itemsOf, linksOf, sourceOf, splitAddress } from "./links";
import { freshName } from "./names";
import { type Outcome, refuse } from "./outcome";
import { portsOf } from "./ports";
import { entry } from "./record";
import { mapOffered } from "./references";
import { wiresOf } from "./wires";

/** An input of the new subgraph: what the instance gets, and the inner inputs (`node.input`) it goes to. */
export interface Crossing {
  readonly name: string;
  readonly value: Input | undefined;
  readonly targets: string[];
  readonly kind: string;
  readonly list: boolean;
}

/** A node outside that needs a selected one and is needed by one. */
export function nodeBetween(body: Body, selected: ReadonlySet<string>): string | undefined {
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
export function crossings(
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
      (it) =>
        isLink(value) &&
        isLink(it.value) &&
        it.value.from === value.from &&
        !list &&
        !it.list &&
        connects(it.kind, kind).ok,
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
        return refuse(
          `The list “${nodeName}.${input}” takes wires from both sides of the selection; select their nodes as well.`,
        );
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
export function outputNames(body: Body, selected: ReadonlySet<string>): Map<string, string> {
  const names = new Map<string, string>();
  const use = (address: string) => {
    const [node, output] = splitAddress(address) ?? [];
    if (node === undefined || output === undefined || !selected.has(node) || names.has(address)) return address;
    const taken = (name: string) => [...names.values()].includes(name);
    names.set(address, freshName(taken(output) ? `${node}-${output}` : output, taken));
    return address;
  };
  for (const name of Object.keys(body.nodes)
    .filter((it) => !selected.has(it))
    .sort()) {
    for (const { link } of linksOf(body.nodes[name] as GraphNode)) use(link.from);
  }
  mapOffered(body, (address) => address, use);
  return names;
}
