/** Models that a graph names and that are not here, and what could take their place. */
import type { Model, Problem } from "../../api/contract";
import { nodeOf } from "../../graph/body";
import type { Graph } from "../../graph/document";
import { entry } from "../../graph/record";
import { setInput } from "../../graph/values";
import { placeOfPath, type Place } from "../places";

/** A model that is not here. */
export interface MissingModel {
  readonly name: string;
  /** The inputs that ask for it. */
  readonly places: readonly Place[];
}

/** The missing models, each once, in order of their first place. */
export function missingModels(problems: readonly Problem[], graph: Graph): MissingModel[] {
  const missing = new Map<string, Place[]>();
  for (const { code, severity, path } of problems) {
    const place = code === "missing-model" && severity === "error" ? placeOfPath(path) : undefined;
    if (place?.input === undefined) continue;
    const name = entry(nodeOf(graph, place.scope, place.node)?.inputs, place.input);
    if (typeof name === "string") missing.set(name, [...(missing.get(name) ?? []), place]);
  }
  return [...missing].map(([name, places]) => ({ name, places }));
}

/** Models that are here and have the role and family that the graph says the missing one has. */
export function substitutesFor(name: string, graph: Graph, models: readonly Model[]): Model[] {
  const note = entry(graph.models, name);
  if (!note?.family) return [];
  return models.filter(({ role, family }) => family === note.family && (!note.role || role === note.role));
}

/** The graph with another model at these places. */
export function replaceModel(graph: Graph, places: readonly Place[], name: string): Graph {
  return places.reduce(
    (changed, { scope, node, input }) => (input === undefined ? changed : setInput(changed, scope, node, input, name)),
    graph,
  );
}
