/** Puts the inside of a subgraph in the place of one of its instances. */
import { bodyOf, editBody, instanceOf, type Scope } from "./body";
import type { Body, Graph, GraphNode, Layout, Subgraph } from "./document";
import { splitAddress } from "./links";
import { freshName } from "./names";
import { type Outcome, refuse } from "./outcome";
import { placeOf } from "./places";
import { entry, mapEntries, mapValues, withEntry, withField, without } from "./record";
import { mapBodyLinks, mapNodes, mapOffered, withLayout } from "./references";
import { mergedLayouts, shifted, topLeft } from "./shift";
import { prunePorts } from "./subgraphLinks";
import { endpointsOf, outputLink } from "./subgraphPorts";

/**
 * Replaces an instance by its inner nodes, with the instance's values and wires, and says what they are called.
 *
 * The subgraph stays in the document for other instances. A name that is taken outside gets a number.
 */
export function unpack(
  graph: Graph,
  scope: Scope,
  instance: string,
): Outcome<{ readonly graph: Graph; readonly names: string[] }> {
  const body = bodyOf(graph, scope);
  const node = entry(body?.nodes, instance);
  const definition = node && instanceOf(node);
  const subgraph = definition === undefined ? undefined : entry(graph.definitions, definition);
  if (body === undefined || node === undefined || subgraph === undefined) {
    return refuse(`“${instance}” is no instance of a subgraph of this document.`);
  }
  const names = freshNames(subgraph, body.nodes);
  const inner = withValues(
    mapNodes(subgraph, (name) => names.get(name)),
    node,
  );
  const corner = topLeft(inner, Object.keys(inner.nodes)) ?? [0, 0];
  const [x, y] = placeOf(body, instance) ?? corner;
  const layout = shifted(inner.layout ?? {}, [x - corner[0], y - corner[1]]);

  const unpacked = editBody(graph, scope, (it) => {
    const nodes = { ...without(it.nodes, [instance]), ...inner.nodes };
    const output = outputFinder(instance, inner);
    const rewired = mapBodyLinks(expandTargets({ ...it, nodes }, instance, inner), (link) => {
      const from = output(link.from);
      return from === undefined ? undefined : from === link.from ? link : { ...link, from };
    });
    const offered = mapOffered(rewired, (address) => inputsBehind(address, instance, inner)[0], output);
    return withLayout(offered, mergedLayouts(layoutOutside(offered.layout ?? {}, instance, inner), layout));
  });
  return { ok: true, graph: prunePorts(graph, unpacked, scope), names: Object.keys(inner.nodes) };
}

/** Names for the inner nodes that are free outside. */
function freshNames(subgraph: Subgraph, outside: Body["nodes"]): Map<string, string> {
  const names = new Map<string, string>();
  const given = new Set<string>();
  for (const name of Object.keys(subgraph.nodes)) {
    const isTaken = (it: string) => Object.hasOwn(outside, it) || Object.hasOwn(subgraph.nodes, it) || given.has(it);
    const fresh = Object.hasOwn(outside, name) ? freshName(name, isTaken) : name;
    given.add(fresh);
    names.set(name, fresh);
  }
  return names;
}

/** The subgraph with an instance's values, wires and state in its nodes. */
function withValues(subgraph: Subgraph, { inputs = {}, state = "normal" }: GraphNode): Subgraph {
  let nodes = subgraph.nodes;
  for (const [name, value] of Object.entries(inputs)) {
    for (const { node, input } of endpointsOf(subgraph, name)) {
      const before = entry(nodes, node);
      if (before !== undefined)
        nodes = withEntry(nodes, node, { ...before, inputs: { ...before.inputs, [input]: value } });
    }
  }
  if (state !== "normal") nodes = mapValues(nodes, (node) => withField(node, "state", state));
  return { ...subgraph, nodes };
}

/** Finds the inner output behind an output of the instance; other addresses stay. */
function outputFinder(instance: string, inner: Subgraph): (address: string) => string | undefined {
  return (address) => {
    const [node, port] = splitAddress(address) ?? [];
    if (node !== instance || port === undefined) return address;
    const source = outputLink(inner, port);
    return source && `${source.node}.${source.output}`;
  };
}

/** The inner inputs behind an input of the instance; another address is given back. */
function inputsBehind(address: string, instance: string, inner: Subgraph): readonly string[] {
  const [node, port] = splitAddress(address) ?? [];
  if (node !== instance || port === undefined) return [address];
  return endpointsOf(inner, port).map((target) => `${target.node}.${target.input}`);
}

/** The body whose own named inputs lead to all inputs behind those of the instance. */
function expandTargets<B extends Body>(body: B, instance: string, inner: Subgraph): B {
  const { inputs } = body as Body & Pick<Subgraph, "inputs">;
  if (inputs === undefined) return body;
  const expanded = mapValues(inputs, (targets) => {
    const before = typeof targets === "string" ? [targets] : targets;
    const after = [...new Set(before.flatMap((target) => inputsBehind(target, instance, inner)))];
    const same = after.length === before.length && after.every((target, index) => target === before[index]);
    if (same) return targets;
    return after.length === 1 ? after[0] : after.length === 0 ? undefined : after;
  });
  return expanded === inputs ? body : { ...body, inputs: expanded };
}

/** The layout without the instance; bends of wires that led to it follow. */
function layoutOutside(layout: Layout, instance: string, inner: Subgraph): Layout {
  return mapEntries<unknown>(layout, (key, value) => {
    if (key === instance) return undefined;
    const [, input = key, index = ""] = /^(.+?)(\.\d+)?$/.exec(key) ?? [];
    if (splitAddress(key)?.[0] !== instance) return [key, value];
    const [target] = inputsBehind(input, instance, inner);
    return target === undefined ? undefined : [target + index, value];
  });
}
