/** Whether JSON has the shape of a document as far as the editor relies on it; everything else is the host's to check. */
import type { Graph, GraphNode, Subgraph } from "./document";
import { isLink } from "./links";
import type { ReadonlyRecord } from "./record";

/** What keeps JSON from being shown as a graph, as a sentence; undefined when nothing does. */
export function unsoundness(value: unknown): string | undefined {
  if (!isRecord(value) || value["format"] !== "wirebrush/graph") return "It is no Wirebrush graph.";
  const { nodes, layout = {}, exposed = {}, definitions = {}, requires = {} } = value;
  if (!isNodes(nodes)) return "Its nodes cannot be read.";
  if (!isLayout(layout)) return "Its layout cannot be read.";
  if (!isRecord(exposed) || !Object.values(exposed).every(isExposed)) return "What it exposes cannot be read.";
  if (!isRecord(definitions) || !Object.values(definitions).every(isSubgraph)) return "Its subgraphs cannot be read.";
  return isRecord(requires) ? undefined : "What it requires cannot be read.";
}

/** Whether JSON can be shown as a graph. */
export function isSound(value: unknown): value is Graph {
  return unsoundness(value) === undefined;
}

/** Whether a value is an object with named entries. */
export function isRecord(value: unknown): value is ReadonlyRecord<unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value can be the nodes of a graph. */
export function isNodes(value: unknown): value is ReadonlyRecord<GraphNode> {
  const isNode = (it: unknown) => isRecord(it) && typeof it["type"] === "string" && isRecord(it["inputs"] ?? {});
  return isRecord(value) && Object.values(value).every(isNode);
}

/** Whether a value can be a subgraph. */
export function isSubgraph(value: unknown): value is Subgraph {
  if (!isRecord(value)) return false;
  const { inputs = {}, outputs = {}, nodes, layout = {} } = value;
  const isTarget = (it: unknown) =>
    typeof it === "string" || (Array.isArray(it) && it.every((to) => typeof to === "string"));
  const isSource = (it: unknown) => typeof it === "string" || isLink(it);
  return (
    isNodes(nodes) &&
    isLayout(layout) &&
    isRecord(inputs) &&
    Object.values(inputs).every(isTarget) &&
    isRecord(outputs) &&
    Object.values(outputs).every(isSource)
  );
}

/** Whether a value can be a layout; entries of other programs may be anything. */
export function isLayout(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value["frames"] ?? {})) return false;
  return Object.values((value["frames"] ?? {}) as object).every((frame: unknown) => {
    const rect = isRecord(frame) ? frame["rect"] : undefined;
    return Array.isArray(rect) && rect.length === 4 && rect.every((number) => typeof number === "number");
  });
}

function isExposed(value: unknown): boolean {
  return typeof value === "string" || isLink(value) || (isRecord(value) && typeof value["input"] === "string");
}
