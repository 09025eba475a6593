/** What in a body speaks of a node by its name: wires, places, bends, offered inputs and outputs. */
import type { Body, Exposed, GraphNode, Input, Json, Layout, Link, Subgraph } from "./document";
import { type InputAddress, isLink, splitAddress } from "./links";
import { mapEntries, mapValues, orNothing, type ReadonlyRecord, withField } from "./record";

/** The new name of a node, or undefined when it goes away. */
export type NodeNames = (name: string) => string | undefined;

/** The new link into an input, or undefined when it goes away. */
export type LinkMap = (link: Link, to: InputAddress) => Link | undefined;

/** Bends follow their wires: by input (`node.input`), where each item of its list goes. */
type Shifts = Map<string, (number | undefined)[]>;

/**
 * The body with its nodes renamed or taken away, and everything that speaks of them with them.
 *
 * A link to a node that goes away is taken out: a single input falls back to its default, a list gets shorter.
 */
export function mapNodes<B extends Body>(body: B, names: NodeNames): B {
  const shifts: Shifts = new Map();
  const addresses = (address: string) => mapAddress(address, names);
  const nodes = mapEntries(body.nodes, (name, node) => {
    const renamed = names(name);
    return renamed === undefined
      ? undefined
      : [renamed, mapLinks(node, (link) => mapLink(link, addresses), name, shifts)];
  });
  let mapped = withField(body, "nodes", nodes as B["nodes"]);
  if (body.layout !== undefined) {
    const layout = mapLayout(body.layout, body.nodes, names, shifts);
    mapped = withField(mapped, "layout", orNothing(layout) as B["layout"]);
  }
  return mapOffered(mapped, addresses, addresses);
}

/** The body with links replaced, or taken out where `map` gives undefined; bends stay with their wires. */
export function mapBodyLinks<B extends Body>(body: B, map: LinkMap): B {
  const shifts: Shifts = new Map();
  const nodes = mapValues(body.nodes, (node, name) => mapLinks(node, map, name, shifts));
  const mapped = withField(body, "nodes", nodes as B["nodes"]);
  return body.layout === undefined ? mapped : withLayout(mapped, moveBends(body.layout, shifts));
}

/** The node with its links replaced. `shifts` hears which items of lists moved. */
function mapLinks(node: GraphNode, map: LinkMap, name: string, shifts: Shifts): GraphNode {
  if (node.inputs === undefined) return node;
  const inputs = mapValues<Input>(node.inputs, (input, port) => {
    if (isLink(input)) {
      const link = map(input, { node: name, input: port });
      if (link === undefined) shifts.set(`${name}.${port}`, []);
      return link;
    }
    if (!Array.isArray(input)) return input;
    const items = (input as readonly (Json | Link)[]).map((item, index) =>
      isLink(item) ? map(item, { node: name, input: port, index }) : item,
    );
    if (items.every((item, index) => item === input[index])) return input;
    let next = 0;
    shifts.set(
      `${name}.${port}`,
      items.map((item) => (item === undefined ? undefined : next++)),
    );
    const left = items.filter((item) => item !== undefined);
    return left.length === 0 ? undefined : left;
  });
  return inputs === node.inputs ? node : withField(node, "inputs", orNothing(inputs));
}

/** The link from an output's new address. */
export function mapLink(link: Link, outputs: Addresses): Link | undefined {
  const address = outputs(link.from);
  return address === link.from ? link : address === undefined ? undefined : { ...link, from: address };
}

function mapAddress(address: string, names: NodeNames): string | undefined {
  const [node, port] = splitAddress(address) ?? [];
  if (node === undefined) return address;
  const renamed = names(node);
  return renamed === undefined ? undefined : renamed === node ? address : `${renamed}.${port}`;
}

function mapLayout(layout: Layout, nodes: Body["nodes"], names: NodeNames, shifts: Shifts): Layout {
  return mapEntries<unknown>(moveBends(layout, shifts), (key, value) => {
    if (key === "frames") return [key, value];
    const [node = key, port] = splitAddress(key) ?? [];
    // Entries that speak of no node may be another program's.
    if (!Object.hasOwn(nodes, node)) return [key, value];
    const renamed = names(node);
    if (renamed === undefined) return undefined;
    return [port === undefined ? renamed : `${renamed}.${port}`, value];
  });
}

/** The layout with the bends of wires into lists at their new items. */
function moveBends(layout: Layout, shifts: Shifts): Layout {
  if (shifts.size === 0) return layout;
  return mapEntries<unknown>(layout, (key, value) => {
    if (shifts.has(key)) return shifts.get(key)?.length === 0 ? undefined : [key, value];
    const dot = key.lastIndexOf(".");
    const items = dot < 0 ? undefined : shifts.get(key.slice(0, dot));
    if (items === undefined) return [key, value];
    const index = items[Number(key.slice(dot + 1))];
    return index === undefined ? undefined : [`${key.slice(0, dot)}.${index}`, value];
  });
}

/** The new address of a port (`node.port`), or undefined when it goes away. */
export type Addresses = (address: string) => string | undefined;

/** The body with what it offers by name (exposed or a subgraph's inputs and outputs) at new addresses. */
export function mapOffered<B extends Body>(body: B, inputs: Addresses, outputs: Addresses): B {
  let mapped = body as Body & Pick<Subgraph, "inputs" | "outputs"> & { exposed?: ReadonlyRecord<Exposed> };
  const { exposed, inputs: targets, outputs: sources } = mapped;
  if (exposed !== undefined) {
    const left = mapValues(exposed, (it) => mapExposed(it, inputs, outputs));
    if (left !== exposed) mapped = withField(mapped, "exposed", orNothing(left));
  }
  if (targets !== undefined) {
    const left = mapValues(targets, (it) => mapTargets(it, inputs));
    if (left !== targets) mapped = withField(mapped, "inputs", orNothing(left));
  }
  if (sources !== undefined) {
    const left = mapValues(sources, (it) => (typeof it === "string" ? outputs(it) : mapLink(it, outputs)));
    if (left !== sources) mapped = withField(mapped, "outputs", orNothing(left));
  }
  return mapped as Body as B;
}

function mapExposed(exposed: Exposed, inputs: Addresses, outputs: Addresses): Exposed | undefined {
  if (typeof exposed === "string") return inputs(exposed);
  if (isLink(exposed)) return mapLink(exposed, outputs);
  const { input } = exposed as { readonly input: string };
  const mapped = inputs(input);
  return mapped === undefined ? undefined : mapped === input ? exposed : { ...exposed, input: mapped };
}

function mapTargets(targets: string | readonly string[], inputs: Addresses): string | readonly string[] | undefined {
  if (typeof targets === "string") return inputs(targets);
  const left = targets.map(inputs);
  if (left.every((target, index) => target === targets[index])) return targets;
  const kept = new Set(left.filter((target) => target !== undefined));
  return kept.size === 0 ? undefined : [...kept];
}

/** The body with this layout; an empty one is left out. */
export function withLayout<B extends Body>(body: B, layout: Layout): B {
  return withField(body, "layout", orNothing(layout) as B["layout"]);
}
