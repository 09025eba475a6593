/**
 * The fields of a graph's form: its exposed inputs.
 *
 * Files keep their keys sorted, so an order that users chose is written as `order` beside the input it belongs to.
 */
import type { Port } from "../api/contract";
import type { Catalog } from "../graph/catalog";
import { nodeOf } from "../graph/body";
import type { Exposed, Graph, Json } from "../graph/document";
import { offeredBy } from "../graph/exposed";
import { isWired } from "../graph/links";
import { portsOf } from "../graph/ports";
import { entry, withEntry, withField } from "../graph/record";

/** One input of the form. */
export interface Field {
  /** The name it is exposed by. */
  name: string;
  node: string;
  /** `undefined` when the node, or the port of a known node, does not exist. */
  port: Port | undefined;
  /** What the document sets; `undefined` shows the default. */
  value: Json | undefined;
  /** Whether the value comes through a wire, so that it cannot be set here. */
  wired: boolean;
}

/** The fields in the order of the form: chosen places first, the others by name. */
export function fieldsOf(graph: Graph, catalog: Catalog): Field[] {
  const inputs = offeredBy(graph, null).filter((offered) => offered.direction === "input");
  return inputs
    .sort((a, b) => orderOf(graph, a.name) - orderOf(graph, b.name))
    .map(({ name, node, port: input }) => {
      const target = nodeOf(graph, null, node);
      const port = target && portsOf(graph, target, catalog).inputs.find((candidate) => candidate.name === input);
      const given = entry(target?.inputs, input);
      const wired = isWired(given);
      return { name, node, port, wired, value: wired ? undefined : (given as Json | undefined) };
    });
}

/** Moves a field to a place of the form, counted from 0. */
export function moveField(graph: Graph, catalog: Catalog, name: string, to: number): Graph {
  const names = fieldsOf(graph, catalog).map((field) => field.name);
  const from = names.indexOf(name);
  if (from < 0 || to < 0 || to >= names.length || from === to) return graph;
  const ordered = names.toSpliced(from, 1).toSpliced(to, 0, name);
  return ordered.reduce((changed, field, order) => {
    const exposed = entry(changed.exposed, field);
    const input = typeof exposed === "string" ? exposed : exposed && "input" in exposed ? exposed.input : undefined;
    if (input === undefined) return changed;
    const rest = typeof exposed === "object" ? exposed : {};
    const value: Exposed = { ...rest, input, order };
    return withField(changed, "exposed", withEntry(changed.exposed ?? {}, field, value));
  }, graph);
}

/** A name as a label: `second_prompt` as `Second prompt`. */
export function labelOf(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function orderOf(graph: Graph, name: string): number {
  const exposed = entry(graph.exposed, name);
  const order = typeof exposed === "object" && "order" in exposed ? exposed["order"] : undefined;
  return typeof order === "number" ? order : Number.MAX_SAFE_INTEGER;
}
