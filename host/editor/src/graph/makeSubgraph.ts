/** Makes a subgraph of selected nodes; the wires that cross become its inputs and outputs. */
import { bodyOf, editBody, type Scope } from "./body";
import type { Catalog } from "./catalog";
import { type Crossing, crossings, nodeBetween, outputNames } from "./crossings";
import type { Body, Graph, GraphNode, Layout, Subgraph } from "./document";
import { splitAddress } from "./links";
import { freshName, nameForType } from "./names";
import { type Outcome, refuse } from "./outcome";
import { placeOf } from "./places";
import { entry, mapEntries, mapValues, orNothing, type ReadonlyRecord, withEntry, withField, without } from "./record";
import { mapBodyLinks, mapOffered, withLayout } from "./references";
import { shifted, topLeft } from "./shift";
import { wiresOf } from "./wires";

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

function writtenInput({ name, targets }: Crossing): [string, string | string[]] {
  return [name, targets.length === 1 ? (targets[0] ?? "") : targets];
}

/** The selected nodes without what the instance gives them. */
function innerNodes(body: Body, selected: ReadonlySet<string>, inputs: readonly Crossing[]): Body["nodes"] {
  const given = new Set(inputs.filter((it) => it.value !== undefined).flatMap((it) => it.targets));
  const nodes = Object.entries(body.nodes).filter(([name]) => selected.has(name));
  return mapValues(Object.fromEntries(nodes), (node, name) => {
    if (node.inputs === undefined) return node;
    const kept = without(
      node.inputs,
      Object.keys(node.inputs).filter((input) => given.has(`${name}.${input}`)),
    );
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
