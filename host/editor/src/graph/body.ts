/** The part of a document that is being edited: the graph itself or the inside of one subgraph. */
import type { Body, Graph, GraphNode, Subgraph } from "./document";
import { entry, withEntry, withField } from "./record";

/** The subgraph definition that is edited, or null for the graph itself. */
export type Scope = string | null;

/** The edited part; undefined when there is no such definition. */
export function bodyOf(graph: Graph, scope: Scope): Graph | Subgraph | undefined {
  return scope === null ? graph : entry(graph.definitions, scope);
}

/** The nodes of the edited part by name; empty when there is no such definition. */
export function nodesOf(graph: Graph, scope: Scope): Readonly<Record<string, GraphNode>> {
  return bodyOf(graph, scope)?.nodes ?? {};
}

/** The node of this name in the edited part. */
export function nodeOf(graph: Graph, scope: Scope, name: string): GraphNode | undefined {
  return entry(nodesOf(graph, scope), name);
}

/** The graph with its edited part replaced by what `edit` makes of it. */
export function editBody(graph: Graph, scope: Scope, edit: <B extends Body>(body: B) => B): Graph {
  if (scope === null) return edit(graph);
  const definition = entry(graph.definitions, scope);
  if (definition === undefined) return graph;
  return withField(graph, "definitions", withEntry(graph.definitions ?? {}, scope, edit(definition)));
}

/** The graph with the graph itself and the inside of every subgraph edited. */
export function editBodies(graph: Graph, edit: <B extends Body>(body: B, scope: Scope) => B): Graph {
  let edited = edit(graph, null);
  for (const scope of Object.keys(graph.definitions ?? {})) {
    edited = editBody(edited, scope, (body) => edit(body, scope));
  }
  return edited;
}

/** The graph itself and the inside of every subgraph. */
export function bodies(graph: Graph): { scope: Scope; body: Graph | Subgraph }[] {
  const definitions = Object.entries(graph.definitions ?? {});
  return [{ scope: null, body: graph }, ...definitions.map(([scope, body]) => ({ scope, body }))];
}

/** The body with one node changed; a node that is not there is ignored. */
export function editNode<B extends Body>(body: B, name: string, edit: (node: GraphNode) => GraphNode): B {
  const node = entry(body.nodes, name);
  return node === undefined ? body : withField(body, "nodes", withEntry(body.nodes, name, edit(node)) as B["nodes"]);
}

/** The subgraph that a node is an instance of; undefined for a node of a plugin. */
export function instanceOf(node: GraphNode): string | undefined {
  return node.type.startsWith("#") ? node.type.slice(1) : undefined;
}

/** Id of the plugin that a node's type belongs to. */
export function pluginOf(node: GraphNode): string | undefined {
  const slash = node.type.indexOf("/");
  return node.type.startsWith("#") || slash < 1 ? undefined : node.type.slice(0, slash);
}
