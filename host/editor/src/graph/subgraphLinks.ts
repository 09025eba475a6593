/** Keeps instances of a subgraph in step with its named inputs and outputs. */
import { editBodies, instanceOf, type Scope } from "./body";
import type { Body, Graph } from "./document";
import { splitAddress } from "./links";
import { entry, mapEntries, mapValues, orNothing, withField } from "./record";
import { type Addresses, mapBodyLinks, mapLink, mapOffered, withLayout } from "./references";

/** Gives the new name of an input or output of a subgraph; undefined when it goes away. */
export type PortNames = (name: string) => string | undefined;

const same: PortNames = (name) => name;

/** The graph with the instances' values and wires following renamed or removed ports of a subgraph. */
export function mapPorts(
  graph: Graph,
  definition: string,
  { inputs = same, outputs = same }: { inputs?: PortNames; outputs?: PortNames },
): Graph {
  const edited = editBodies(graph, (body) => mapOutputs(mapInputs(body, definition, inputs), definition, outputs));
  // A subgraph that offered a port of an instance inside it may have lost its own by that.
  return Object.keys(edited.definitions ?? {}).reduce((result, scope) => prunePorts(graph, result, scope), edited);
}

/** After an edit inside a subgraph: instances forget the inputs and outputs it no longer has. */
export function prunePorts(before: Graph, after: Graph, scope: Scope): Graph {
  if (scope === null || before === after) return after;
  const was = entry(before.definitions, scope);
  const is = entry(after.definitions, scope);
  const lost = { inputs: lostKeys(was?.inputs, is?.inputs), outputs: lostKeys(was?.outputs, is?.outputs) };
  if (lost.inputs.size === 0 && lost.outputs.size === 0) return after;
  return mapPorts(after, scope, {
    inputs: (name) => (lost.inputs.has(name) ? undefined : name),
    outputs: (name) => (lost.outputs.has(name) ? undefined : name),
  });
}

function lostKeys(before: object = {}, after: object = {}): Set<string> {
  return before === after ? new Set() : new Set(Object.keys(before).filter((key) => !Object.hasOwn(after, key)));
}

function isInstance(body: Body, name: string, definition: string): boolean {
  const node = entry(body.nodes, name);
  return node !== undefined && instanceOf(node) === definition;
}

function mapInputs<B extends Body>(body: B, definition: string, names: PortNames): B {
  const nodes = mapValues(body.nodes, (node) => {
    if (instanceOf(node) !== definition || node.inputs === undefined) return node;
    const inputs = mapEntries(node.inputs, (name, value) => renamed(names(name), value));
    return inputs === node.inputs ? node : withField(node, "inputs", orNothing(inputs));
  });
  const edited = mapBends(withField(body, "nodes", nodes as B["nodes"]), definition, names);
  return mapOffered(edited, addresses(body, definition, names), (address) => address);
}

function mapOutputs<B extends Body>(body: B, definition: string, names: PortNames): B {
  const map = addresses(body, definition, names);
  const edited = mapBodyLinks(body, (link) => mapLink(link, map));
  return mapOffered(edited, (address) => address, map);
}

/** Addresses of an instance's ports, renamed. */
function addresses(body: Body, definition: string, names: PortNames): Addresses {
  return (address) => {
    const [node, port] = splitAddress(address) ?? [];
    if (node === undefined || port === undefined || !isInstance(body, node, definition)) return address;
    const name = names(port);
    return name === undefined ? undefined : name === port ? address : `${node}.${name}`;
  };
}

function renamed<T>(name: string | undefined, value: T): readonly [string, T] | undefined {
  return name === undefined ? undefined : [name, value];
}

/** Bends of wires into instances. */
function mapBends<B extends Body>(body: B, definition: string, names: PortNames): B {
  if (body.layout === undefined) return body;
  const layout = mapEntries<unknown>(body.layout, (key, value) => {
    const [node = key, port] = splitAddress(key) ?? [];
    if (port === undefined || !isInstance(body, node, definition)) return [key, value];
    const [, input = port, index = ""] = /^(.+?)(\.\d+)?$/.exec(port) ?? [];
    return renamed(names(input), value) && [`${node}.${names(input)}${index}`, value];
  });
  return layout === body.layout ? body : withLayout(body, layout);
}
