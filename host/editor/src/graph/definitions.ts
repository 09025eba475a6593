/** The subgraphs of a document: which contain which, renaming, removing, instances. */
import { editBodies, instanceOf, nodeOf, type Scope } from "./body";
import type { Graph } from "./document";
import { freshName, nameProblem } from "./names";
import { addNode, setType } from "./nodes";
import { type Outcome, refuse } from "./outcome";
import { entry, mapEntries, mapValues, orNothing, withEntry, withField, without } from "./record";
import type { Point } from "./wires";

/** Names of the document's subgraphs, sorted. */
export function definitionsOf(graph: Graph): string[] {
  return Object.keys(graph.definitions ?? {}).sort();
}

/** Whether a subgraph is, or has anywhere inside, another one. */
export function contains(graph: Graph, definition: string, searched: string): boolean {
  const seen = new Set([definition]);
  const open = [definition];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === searched) return true;
    for (const node of Object.values(entry(graph.definitions, at)?.nodes ?? {})) {
      const inner = instanceOf(node);
      if (inner === undefined || seen.has(inner)) continue;
      seen.add(inner);
      open.push(inner);
    }
  }
  return false;
}

/** Why a subgraph cannot be inside one that it contains. */
export function insideItself(definition: string, scope: Scope): string {
  return `“${definition}” cannot be inside “${scope}”: it would contain itself.`;
}

/** Adds an instance of a subgraph. Refused where the subgraph would come to contain itself. */
export function addInstance(
  graph: Graph,
  scope: Scope,
  definition: string,
  at: Point,
): Outcome<{ readonly graph: Graph; readonly name: string }> {
  if (entry(graph.definitions, definition) === undefined) return refuse(`There is no subgraph “${definition}”.`);
  if (scope !== null && contains(graph, definition, scope)) {
    return refuse(insideItself(definition, scope));
  }
  return { ok: true, ...addNode(graph, scope, `#${definition}`, at) };
}

/** Gives a subgraph another name; its instances follow. Refused when the name is not allowed or taken. */
export function renameDefinition(graph: Graph, from: string, to: string): Outcome<{ readonly graph: Graph }> {
  if (from === to) return { ok: true, graph };
  const problem = nameProblem(to);
  if (problem !== undefined) return refuse(problem);
  if (entry(graph.definitions, from) === undefined) return refuse(`There is no subgraph “${from}”.`);
  if (entry(graph.definitions, to) !== undefined) return refuse(`There is a subgraph “${to}” already.`);
  const definitions = mapEntries(graph.definitions ?? {}, (name, it) => [name === from ? to : name, it]);
  const renamed = editBodies(withField(graph, "definitions", definitions), (body) => {
    const nodes = mapValues(body.nodes, (node) =>
      instanceOf(node) === from ? withField(node, "type", `#${to}`) : node,
    );
    return withField(body, "nodes", nodes as typeof body.nodes);
  });
  return { ok: true, graph: renamed };
}

/** Removes the subgraphs of which the graph has no instance, not even inside others. */
export function removeUnused(graph: Graph): Graph {
  const used = Object.values(graph.nodes)
    .map(instanceOf)
    .filter((name) => name !== undefined);
  const unused = definitionsOf(graph).filter((name) => !used.some((it) => contains(graph, it, name)));
  if (graph.definitions === undefined || unused.length === 0) return graph;
  return withField(graph, "definitions", orNothing(without(graph.definitions, unused)));
}

/** Gives an instance a copy of its subgraph, so that edits inside change this one only. */
export function detach(
  graph: Graph,
  scope: Scope,
  instance: string,
): Outcome<{ readonly graph: Graph; readonly definition: string }> {
  const node = nodeOf(graph, scope, instance);
  const name = node && instanceOf(node);
  const definition = name === undefined ? undefined : entry(graph.definitions, name);
  if (name === undefined || definition === undefined) return refuse(`“${instance}” is no instance of a subgraph.`);
  const fresh = freshName(name, (it) => entry(graph.definitions, it) !== undefined);
  const copied = withField(graph, "definitions", withEntry(graph.definitions ?? {}, fresh, definition));
  return { ok: true, graph: setType(copied, scope, [instance], `#${fresh}`), definition: fresh };
}
