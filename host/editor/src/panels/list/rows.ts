/** The graph as the rows of a tree: nodes after what they need, below each its inputs and outputs. */
import type { Port } from "../../api/contract";
import type { Catalog } from "../../graph/catalog";
import type { Body, Graph, GraphNode, Input, NodeState } from "../../graph/document";
import { bodyOf, type Scope } from "../../graph/body";
import { isLink, itemsOf } from "../../graph/links";
import { portsOf } from "../../graph/ports";
import { entry } from "../../graph/record";
import { wiresOf } from "../../graph/wires";
import { topological } from "../order";

interface RowBase {
  /** Unique in the tree. */
  key: string;
  node: string;
  /** Place among its siblings, from 1, and how many there are. */
  place: number;
  count: number;
}

/** One row: a node, or below an expanded node one of its ports with what is at it in words. */
export type Row =
  | (RowBase & { kind: "node"; expanded: boolean; type: string; known: boolean; state: NodeState })
  | (RowBase & { kind: "input" | "output"; port: Port; text: string });

/** Rows of the edited part; inputs and outputs only of expanded nodes. */
export function rowsOf(graph: Graph, scope: Scope, catalog: Catalog, expanded: ReadonlySet<string>): Row[] {
  const body = bodyOf(graph, scope);
  if (!body) return [];
  const names = topological(body);
  const targets = targetsOf(body);
  return names.flatMap((name, index): Row[] => {
    const node = entry(body.nodes, name);
    if (!node) return [];
    const { title, known } = portsOf(graph, node, catalog);
    const row: Row = {
      kind: "node",
      key: name,
      node: name,
      expanded: expanded.has(name),
      type: title,
      known,
      state: node.state ?? "normal",
      place: index + 1,
      count: names.length,
    };
    return row.expanded ? [row, ...portRows(graph, name, node, catalog, targets)] : [row];
  });
}

function portRows(
  graph: Graph,
  name: string,
  node: GraphNode,
  catalog: Catalog,
  targets: Map<string, string[]>,
): Row[] {
  const { inputs, outputs } = portsOf(graph, node, catalog);
  const count = inputs.length + outputs.length;
  const inputRows = inputs.map((port, index): Row => ({
    kind: "input",
    key: `${name}.in.${port.name}`,
    node: name,
    port,
    text: inputText(port, entry(node.inputs, port.name)),
    place: index + 1,
    count,
  }));
  const outputRows = outputs.map((port, index): Row => {
    const to = targets.get(`${name}.${port.name}`) ?? [];
    const text = to.length > 0 ? `to ${to.join(", ")}` : "goes nowhere";
    return {
      kind: "output",
      key: `${name}.out.${port.name}`,
      node: name,
      port,
      text,
      place: inputs.length + index + 1,
      count,
    };
  });
  return [...inputRows, ...outputRows];
}

/** What comes into an input, in words: `from prompt › text`, `10`, `20 (default)`, `empty`. */
export function inputText(port: Port, given: Input | undefined): string {
  if (given === undefined) {
    if (port.default !== undefined && port.default !== "") return `${shown(port.default)} (default)`;
    return port.optional || port.list || port.default === "" ? "empty" : "missing";
  }
  const parts = itemsOf(given).map((item) => (isLink(item) ? `from ${item.from.replace(".", " › ")}` : shown(item)));
  return parts.length === 0 ? "empty" : parts.join(", ");
}

/** Longest text of a value in a row. */
const LONGEST = 60;

function shown(value: Input): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text || "empty";
}

/** Where each output goes. */
function targetsOf(body: Body): Map<string, string[]> {
  const targets = new Map<string, string[]>();
  for (const { from, to } of wiresOf(body)) {
    const key = `${from.node}.${from.output}`;
    targets.set(key, [...(targets.get(key) ?? []), `${to.node} › ${to.input}`]);
  }
  return targets;
}

/** Whether two rows are drawn the same. */
export function sameRow(a: Row, b: Row): boolean {
  return (Object.keys(a) as (keyof Row)[]).every((field) => a[field] === b[field]);
}
