/** Node types that a graph uses and no plugin at hand has. */
import type { Catalog } from "../../graph/catalog";
import type { Graph } from "../../graph/document";

/** By name, without the graph's own subgraphs. */
export function missingTypes(graph: Graph, catalog: Catalog): string[] {
  const bodies = [graph, ...Object.values(graph.definitions ?? {})];
  const types = bodies.flatMap(({ nodes }) => Object.values(nodes).map(({ type }) => type));
  const missing = types.filter((type) => !type.startsWith("#") && catalog.definition(type) === undefined);
  return [...new Set(missing)].sort();
}
