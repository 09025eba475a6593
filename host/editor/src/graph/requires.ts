/** The plugins a graph was made for. */
import { bodies, pluginOf } from "./body";
import type { Graph } from "./document";
import { entry, withField } from "./record";

/** Ids of the plugins whose nodes the graph uses, subgraphs included. */
export function pluginsOf(graph: Graph): Set<string> {
  const plugins = new Set<string>();
  for (const { body } of bodies(graph)) {
    for (const node of Object.values(body.nodes)) {
      const plugin = pluginOf(node);
      if (plugin !== undefined) plugins.add(plugin);
    }
  }
  return plugins;
}

/** The graph with a requirement for every plugin it uses; those it has stay as they are. */
export function withRequires(graph: Graph, versions: ReadonlyMap<string, string>): Graph {
  const missing: [string, string][] = [];
  for (const plugin of pluginsOf(graph)) {
    const version = versions.get(plugin);
    if (version !== undefined && entry(graph.requires, plugin) === undefined)
      missing.push([plugin, compatible(version)]);
  }
  if (missing.length === 0) return graph;
  return withField(graph, "requires", { ...graph.requires, ...Object.fromEntries(missing) });
}

/** Every version that is compatible with this one: `^0.1` for 0.1.3. */
function compatible(version: string): string {
  const [major = "0", minor = "0"] = version.split(".");
  return `^${major}.${minor}`;
}
