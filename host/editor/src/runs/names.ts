/**
 * Names of nodes in a run: a run flattens subgraphs, so the node `blur` inside the instance `relight` is
 * `relight/blur` there.
 */
import { instanceOf } from "../graph/body";
import type { Body, Graph, GraphNode } from "../graph/document";
import { entry } from "../graph/record";

/** The way from the graph to the first instance of a definition: `look/relight`; `undefined` when it is not used. */
export function instancePath(graph: Graph, definition: string): string | undefined {
  const known = paths.get(graph) ?? new Map<string, string | undefined>();
  paths.set(graph, known);
  if (!known.has(definition)) known.set(definition, search(graph, graph, definition, new Set())?.join("/"));
  return known.get(definition);
}

const paths = new WeakMap<Graph, Map<string, string | undefined>>();

/** `visited` are definitions that were searched already: a second look finds nothing new, and circles end. */
function search(graph: Graph, body: Body, wanted: string, visited: Set<string>): string[] | undefined {
  for (const [name, node] of Object.entries(body.nodes)) {
    const type = instanceOf(node);
    if (type === undefined) continue;
    if (type === wanted) return [name];
    const inner = entry(graph.definitions, type);
    if (!inner || visited.has(type)) continue;
    visited.add(type);
    const path = search(graph, inner, wanted, visited);
    if (path) return [name, ...path];
  }
  return undefined;
}

/** What the node is called in a run of the graph; of several instances of its definition the first counts. */
export function runName(graph: Graph, scope: string | null, node: string): string | undefined {
  if (scope === null) return node;
  const path = instancePath(graph, scope);
  return path === undefined ? undefined : `${path}/${node}`;
}

/** Type of a node of a run; `undefined` when the graph has no such node. */
export function typeOfRunNode(graph: Graph, name: string): string | undefined {
  let body: Body | undefined = graph;
  let type: string | undefined;
  for (const segment of name.split("/")) {
    const node: GraphNode | undefined = entry(body?.nodes, segment);
    if (!node) return undefined;
    type = node.type;
    const definition = instanceOf(node);
    body = definition === undefined ? undefined : entry(graph.definitions, definition);
  }
  return type;
}

/** Where a node of a run is edited: the definition its last instance is made of, and its name there. */
export function placeOfRunNode(graph: Graph, name: string): { scope: string | null; node: string } {
  const segments = name.split("/");
  const node = segments.pop() ?? name;
  if (segments.length === 0) return { scope: null, node };
  const type = typeOfRunNode(graph, segments.join("/"));
  return type?.startsWith("#") ? { scope: type.slice(1), node } : { scope: null, node: segments[0] ?? name };
}
