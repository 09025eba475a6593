/** Links, addresses (`node.port`) and the items of inputs. */
import type { GraphNode, Input, Json, Link } from "./document";

/** An output of a node. */
export interface OutputAddress {
  readonly node: string;
  readonly output: string;
}

/** An input of a node; `index` is an item of a list input. */
export interface InputAddress {
  readonly node: string;
  readonly input: string;
  readonly index?: number;
}

/** Node and port of `node.port`; undefined for a text that is none. */
export function splitAddress(text: string): readonly [node: string, port: string] | undefined {
  const dot = text.indexOf(".");
  return dot < 1 || dot === text.length - 1 ? undefined : [text.slice(0, dot), text.slice(dot + 1)];
}

/** Whether an input, or an item of one, is a link. */
export function isLink(item: unknown): item is Link {
  return typeof item === "object" && item !== null && !Array.isArray(item) && typeof (item as Link).from === "string";
}

/** The link to an output. */
export function linkTo(output: OutputAddress): Link {
  return { from: `${output.node}.${output.output}` };
}

/** The output that a link comes from; undefined when it is malformed. */
export function sourceOf(link: Link): OutputAddress | undefined {
  const [node, output] = splitAddress(link.from) ?? [];
  return node === undefined || output === undefined ? undefined : { node, output };
}

/** The items of a list input, or a single value as the only item. */
export function itemsOf(input: Input): readonly (Json | Link)[] {
  return Array.isArray(input) ? (input as readonly (Json | Link)[]) : [input as Json | Link];
}

/** Every link into a node, with the input's name, and the index when the input is a list. */
export function linksOf(node: GraphNode): { input: string; index?: number; link: Link }[] {
  const found: { input: string; index?: number; link: Link }[] = [];
  for (const [input, value] of Object.entries(node.inputs ?? {})) {
    if (isLink(value)) found.push({ input, link: value });
    else if (Array.isArray(value)) {
      value.forEach((item: Json | Link, index) => {
        if (isLink(item)) found.push({ input, index, link: item });
      });
    }
  }
  return found;
}

/** Whether any part of an input comes from another node. */
export function isWired(input: Input | undefined): boolean {
  return input !== undefined && itemsOf(input).some((item) => isLink(item));
}
