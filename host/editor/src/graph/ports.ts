/** The ports of a node: declared by a plugin, derived from a subgraph, or for unknown types from how it is used. */
import type { Port } from "../api/contract";
import { bodies, instanceOf, nodeOf } from "./body";
import { type Catalog, titleOf } from "./catalog";
import type { Graph, GraphNode, Input, Json, Subgraph } from "./document";
import { itemsOf, isLink, splitAddress } from "./links";
import { entry } from "./record";
import { endpointsOf, outputLink } from "./subgraphPorts";
import { wiresOf } from "./wires";

export interface NodePorts {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Name of the type for people. */
  readonly title: string;
  /** False when neither a plugin nor the document says what the type is. */
  readonly known: boolean;
  /** Why the node cannot run here. */
  readonly unavailable?: string;
}

type Definitions = Readonly<Record<string, Subgraph>>;

const ofTypes = new WeakMap<Catalog, Map<string, NodePorts>>();
const ofSubgraphs = new WeakMap<Catalog, WeakMap<Definitions, Map<string, NodePorts | undefined>>>();
const NO_DEFINITIONS: Definitions = {};

/** The ports of a node. The same object as before while neither the type nor the document's subgraphs change. */
export function portsOf(graph: Graph, node: GraphNode, catalog: Catalog): NodePorts {
  return portsOfType(graph, node.type, catalog) ?? portsInUse(graph, node);
}

/** The ports of a node type; undefined when it is unknown, or a subgraph that contains itself. */
export function portsOfType(graph: Graph, type: string, catalog: Catalog): NodePorts | undefined {
  return type.startsWith("#") ? subgraphPorts(graph, type.slice(1), catalog) : declaredPorts(type, catalog);
}

function declaredPorts(type: string, catalog: Catalog): NodePorts | undefined {
  const known = ofTypes.get(catalog) ?? new Map<string, NodePorts>();
  ofTypes.set(catalog, known);
  const before = known.get(type);
  if (before !== undefined) return before;
  const definition = catalog.definition(type);
  if (definition === undefined) return undefined;
  const { inputs, outputs, unavailable } = definition;
  const title = titleOf(definition);
  const ports = { inputs, outputs, title, known: true, ...(unavailable === undefined ? {} : { unavailable }) };
  known.set(type, ports);
  return ports;
}

function subgraphPorts(graph: Graph, name: string, catalog: Catalog): NodePorts | undefined {
  const definitions = graph.definitions ?? NO_DEFINITIONS;
  const ofCatalog = ofSubgraphs.get(catalog) ?? new WeakMap<Definitions, Map<string, NodePorts | undefined>>();
  ofSubgraphs.set(catalog, ofCatalog);
  const known = ofCatalog.get(definitions) ?? new Map<string, NodePorts | undefined>();
  ofCatalog.set(definitions, known);
  if (known.has(name)) return known.get(name);
  // Found again while it is being derived, a subgraph contains itself.
  known.set(name, undefined);
  const subgraph = entry(definitions, name);
  const ports = subgraph && derive(graph, name, subgraph, catalog);
  known.set(name, ports);
  return ports;
}

/** An input takes kind and range from the first inner input it goes to; the literal inside is its default. */
function derive(graph: Graph, name: string, subgraph: Subgraph, catalog: Catalog): NodePorts | undefined {
  const inner = new Map<string, NodePorts | undefined>();
  for (const [node, { type }] of Object.entries(subgraph.nodes)) inner.set(node, portsOfType(graph, type, catalog));
  const inputs = Object.keys(subgraph.inputs ?? {})
    .sort()
    .map((input): Port => {
      const [target] = endpointsOf(subgraph, input);
      const port = target && inner.get(target.node)?.inputs.find((port) => port.name === target.input);
      if (target === undefined || port === undefined) return unknownPort(input);
      const given = entry(nodeOf(graph, name, target.node)?.inputs, target.input);
      return { ...named(port, input), ...defaultFrom(given) };
    });
  const outputs = Object.keys(subgraph.outputs ?? {})
    .sort()
    .map((output): Port => {
      const source = outputLink(subgraph, output);
      const port = source && inner.get(source.node)?.outputs.find((port) => port.name === source.output);
      return port === undefined ? unknownPort(output) : named(port, output);
    });
  const unavailable = [...inner.values()].find((ports) => ports?.unavailable !== undefined)?.unavailable;
  return { inputs, outputs, title: name, known: true, ...(unavailable === undefined ? {} : { unavailable }) };
}

function named(port: Port, name: string): Port {
  const { title: _, ...rest } = port;
  return { ...rest, name };
}

function defaultFrom(given: Input | undefined): Partial<Port> {
  if (given === undefined) return {};
  return itemsOf(given).some((item) => isLink(item)) ? { optional: true } : { default: given as Json };
}

/** A port of which nothing is known: everything connects. */
function unknownPort(name: string): Port {
  return { name, kind: "any", optional: true };
}

/** Ports of a node of unknown type: inputs that are wired or set, outputs that are used. */
function portsInUse(graph: Graph, node: GraphNode): NodePorts {
  const inputs = Object.entries(node.inputs ?? {}).map(([name, value]): Port => {
    return Array.isArray(value) ? { ...unknownPort(name), list: true } : unknownPort(name);
  });
  const outputs = [...outputsInUse(graph, node)].sort().map(unknownPort);
  const name = instanceOf(node) ?? node.type.slice(node.type.indexOf("/") + 1);
  return { inputs, outputs, title: name, known: false };
}

function outputsInUse(graph: Graph, node: GraphNode): Set<string> {
  const used = new Set<string>();
  for (const { scope, body } of bodies(graph)) {
    const names = new Set(Object.keys(body.nodes).filter((name) => body.nodes[name] === node));
    if (names.size === 0) continue;
    const use = (from: { node: string; output: string } | undefined) => {
      if (from !== undefined && names.has(from.node)) used.add(from.output);
    };
    for (const wire of wiresOf(body)) use(wire.from);
    if (scope !== null) {
      for (const output of Object.keys(body.outputs ?? {})) use(outputLink(body as Subgraph, output));
    } else {
      for (const exposed of Object.values(graph.exposed ?? {})) {
        const [from, output] = (isLink(exposed) && splitAddress(exposed.from)) || [];
        if (from !== undefined && output !== undefined) use({ node: from, output });
      }
    }
  }
  return used;
}
