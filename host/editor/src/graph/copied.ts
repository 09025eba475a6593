/** The text of copied nodes: JSON with a marker. */
import type { GraphNode, Layout, Subgraph } from "./document";
import { parseJson } from "./json";
import { type Outcome, refuse } from "./outcome";
import { orNothing, type ReadonlyRecord } from "./record";
import { isLayout, isNodes, isRecord, isSubgraph } from "./sound";

/** Tells the text of copied nodes from other JSON. */
const MARKER = "wirebrush/clipboard";
const VERSION = 1;

/** Nodes and frames with their places, and what the nodes need. */
export interface Copied {
  readonly nodes: ReadonlyRecord<GraphNode>;
  readonly layout?: Layout;
  readonly definitions?: ReadonlyRecord<Subgraph>;
  readonly requires?: ReadonlyRecord<string>;
}

export function writeCopied(copied: Copied): string {
  return JSON.stringify({ format: MARKER, version: VERSION, ...copied }, undefined, 2);
}

/** Reads copied nodes, or those of a whole graph. Refused when the text is neither. */
export function readCopied(text: string): Outcome<{ readonly copied: Copied }> {
  const nothing = refuse("The clipboard holds no Wirebrush nodes.");
  if (!text.includes('"nodes"')) return nothing;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return nothing;
  }
  if (!isRecord(value) || (value["format"] !== MARKER && value["format"] !== "wirebrush/graph")) return nothing;
  const { version, nodes, layout = {}, definitions = {}, requires = {} } = value;
  if (version !== VERSION) return refuse(`The nodes were copied by another version of Wirebrush (${String(version)}).`);
  const whole =
    isNodes(nodes) &&
    isLayout(layout) &&
    isRecord(definitions) &&
    Object.values(definitions).every(isSubgraph) &&
    isRecord(requires) &&
    Object.values(requires).every((it) => typeof it === "string");
  if (!whole || (Object.keys(nodes).length === 0 && orNothing((layout as Layout).frames ?? {}) === undefined))
    return nothing;
  return {
    ok: true,
    copied: {
      nodes,
      layout: layout as Layout,
      definitions: definitions as ReadonlyRecord<Subgraph>,
      requires: requires as ReadonlyRecord<string>,
    },
  };
}
