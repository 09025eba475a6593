/** Nodes as text, to be pasted into this or another document, window or chat. */
import { bodyOf, editBody, instanceOf, type Scope } from "./body";
import { type Copied, readCopied, writeCopied } from "./copied";
import { contains, insideItself } from "./definitions";
import type { Body, Graph, GraphNode, Layout, Link, Subgraph } from "./document";
import { equal } from "./equal";
import { framesOf } from "./frames";
import { sourceOf, splitAddress } from "./links";
import { freshName } from "./names";
import { type Outcome, refuse } from "./outcome";
import { entry, mapEntries, mapValues, orNothing, type ReadonlyRecord, withEntry, withField } from "./record";
import { mapBodyLinks, mapNodes, withLayout } from "./references";
import { pluginsOf } from "./requires";
import { mergedLayouts, shifted, topLeft } from "./shift";
import type { Point } from "./wires";

export interface PasteOptions {
  /** Keep wires from nodes that were not copied, where nodes of these names are. */
  readonly keepOutside?: boolean;
}

/** What was added, by the names it has now. */
export interface Pasted {
  readonly graph: Graph;
  readonly names: string[];
  /** Titles. */
  readonly frames: string[];
}

/** The text for some nodes, with the subgraphs they need, and for frames by their titles. */
export function copy(graph: Graph, scope: Scope, names: Iterable<string>, frames: Iterable<string> = []): string {
  const body = bodyOf(graph, scope);
  const chosen = new Set(names);
  const nodes = Object.fromEntries(Object.entries(body?.nodes ?? {}).filter(([name]) => chosen.has(name)));
  const places = mapEntries<unknown>(body?.layout ?? {}, (key, value) =>
    chosen.has(splitAddress(key)?.[0] ?? key) && key !== "frames" ? [key, value] : undefined,
  );
  const titles = new Set(frames);
  const framed = mapEntries(framesOf(body), (title, frame) => (titles.has(title) ? [title, frame] : undefined));
  const layout: Layout = withField<Layout, "frames">(places, "frames", orNothing(framed));
  const definitions = neededBy(nodes, graph.definitions ?? {});
  const plugins = pluginsOf({ ...graph, nodes, definitions });
  const requires = Object.fromEntries(Object.entries(graph.requires ?? {}).filter(([plugin]) => plugins.has(plugin)));
  const copied: Copied = {
    nodes,
    ...(orNothing(layout) && { layout }),
    ...(orNothing(definitions) && { definitions }),
    ...(orNothing(requires) && { requires }),
  };
  return writeCopied(copied);
}

/** Whether a text holds copied nodes or a graph. */
export function isClipboard(text: string): boolean {
  return readCopied(text).ok;
}

/**
 * Adds copied nodes and frames, or those of a whole graph, with the nodes' upper left corner at `at`.
 *
 * Names and titles that are taken get a number. Wires among the nodes stay, others are left off unless told. A subgraph of the
 * same name but other contents is added under another name.
 */
export function paste(
  graph: Graph,
  scope: Scope,
  text: string,
  at: Point,
  { keepOutside = false }: PasteOptions = {},
): Outcome<Pasted> {
  const found = readCopied(text);
  if (!found.ok) return found;
  const body = bodyOf(graph, scope);
  if (body === undefined) return refuse(`There is no subgraph “${scope}”.`);
  const { copied } = found;
  const { definitions, types } = mergeDefinitions(graph.definitions ?? {}, copied.definitions ?? {});
  const typed = mapValues(copied.nodes, (node) => retyped(node, types));
  const whole = withField(graph, "definitions", orNothing(definitions));
  const recursive =
    scope === null
      ? undefined
      : Object.values(typed)
          .map(instanceOf)
          .find((it) => it !== undefined && contains(whole, it, scope));
  if (recursive !== undefined) return refuse(insideItself(recursive, scope));

  const names = freshNames(Object.keys(typed), body.nodes);
  const pasted = placed({ nodes: typed, ...(copied.layout && { layout: copied.layout }) }, at);
  const isInside = (link: Link) => entry(typed, sourceOf(link)?.node ?? "") !== undefined;
  const stays = (link: Link) =>
    isInside(link) || (keepOutside && entry(body.nodes, sourceOf(link)?.node ?? "") !== undefined);
  const wired = mapBodyLinks(pasted, (link) => (stays(link) ? link : undefined));
  const renamed = mapNodes(wired, (name) => names.get(name) ?? name);

  const requires = { ...copied.requires, ...whole.requires };
  const edited = editBody(withField(whole, "requires", orNothing(requires)), scope, (it) =>
    withLayout(
      { ...it, nodes: { ...it.nodes, ...renamed.nodes } },
      mergedLayouts(it.layout ?? {}, renamed.layout ?? {}),
    ),
  );
  const frames = Object.keys(framesOf(bodyOf(edited, scope)));
  return {
    ok: true,
    graph: edited,
    names: Object.keys(renamed.nodes),
    frames: frames.filter((title) => entry(framesOf(body), title) === undefined),
  };
}

/** Copies nodes and frames to a place beside them, with the wires into the nodes. */
export function duplicate(
  graph: Graph,
  scope: Scope,
  names: Iterable<string>,
  frames: Iterable<string> = [],
  offset: Point = [40, 40],
): Pasted {
  const chosen = [...names];
  const titles = [...frames];
  const body = bodyOf(graph, scope);
  const [x, y] = (body && (topLeft(body, chosen) ?? frameCorner(body, titles))) ?? [0, 0];
  const text = copy(graph, scope, chosen, titles);
  const pasted = paste(graph, scope, text, [x + offset[0], y + offset[1]], { keepOutside: true });
  return pasted.ok ? pasted : { graph, names: [], frames: [] };
}

/** The subgraphs that nodes need, and those that these need. */
function neededBy(nodes: Body["nodes"], definitions: ReadonlyRecord<Subgraph>): ReadonlyRecord<Subgraph> {
  const needed = new Map<string, Subgraph>();
  const open = Object.values(nodes);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const name = instanceOf(node);
    const definition = name === undefined || needed.has(name) ? undefined : entry(definitions, name);
    if (name === undefined || definition === undefined) continue;
    needed.set(name, definition);
    open.push(...Object.values(definition.nodes));
  }
  return Object.fromEntries(needed);
}

/** Both tables in one, and for each subgraph that was added what its instances are called now. */
function mergeDefinitions(
  before: ReadonlyRecord<Subgraph>,
  added: ReadonlyRecord<Subgraph>,
): { definitions: ReadonlyRecord<Subgraph>; types: ReadonlyMap<string, string> } {
  const types = new Map<string, string>();
  const isNew = (name: string, definition: Subgraph) => !equal(entry(before, name), definition);
  // What contains something that gets another name gets one as well: its contents are no longer the same.
  const taken = (name: string) =>
    entry(before, name) !== undefined || Object.hasOwn(added, name) || [...types.values()].includes(name);
  for (const [name, definition] of Object.entries(added)) {
    if (isNew(name, definition) && entry(before, name) !== undefined) types.set(name, freshName(name, taken));
  }
  for (let grows = true; grows;) {
    grows = false;
    for (const [name, definition] of Object.entries(added)) {
      const changes = Object.values(definition.nodes).some((node) => types.has(instanceOf(node) ?? ""));
      if (!changes || types.has(name) || entry(before, name) === undefined) continue;
      types.set(name, freshName(name, taken));
      grows = true;
    }
  }
  let definitions = before;
  for (const [name, definition] of Object.entries(added)) {
    const fresh = types.get(name) ?? name;
    if (entry(definitions, fresh) !== undefined) continue;
    const nodes = mapValues(definition.nodes, (node) => retyped(node, types));
    definitions = withEntry(definitions, fresh, withField(definition, "nodes", nodes));
  }
  return { definitions, types };
}

function retyped(node: GraphNode, types: ReadonlyMap<string, string>): GraphNode {
  const name = types.get(instanceOf(node) ?? "");
  return name === undefined ? node : { ...node, type: `#${name}` };
}

function freshNames(wanted: readonly string[], taken: Body["nodes"]): Map<string, string> {
  const names = new Map<string, string>();
  const given = new Set<string>();
  for (const name of wanted) {
    const fresh = freshName(name, (it) => Object.hasOwn(taken, it) || given.has(it));
    given.add(fresh);
    names.set(name, fresh);
  }
  return names;
}

/** The body with its upper left corner at a place; nodes without a place get one. */
function placed(body: Body, at: Point): Body {
  const names = Object.keys(body.nodes);
  const corner = topLeft(body, names) ?? frameCorner(body, Object.keys(framesOf(body))) ?? at;
  const layout = shifted(body.layout ?? {}, [Math.round(at[0] - corner[0]), Math.round(at[1] - corner[1])]);
  const missing = names.filter((name) => entry<unknown>(layout, name) === undefined);
  const places = missing.map((name, index) => [name, [Math.round(at[0] + 40 * index), Math.round(at[1] + 40 * index)]]);
  return { ...body, layout: { ...layout, ...Object.fromEntries(places) } };
}

/** The upper left corner of some frames; undefined when none of them is there. */
function frameCorner(body: Body, titles: readonly string[]): Point | undefined {
  const rects = titles.map((title) => entry(framesOf(body), title)?.rect).filter((rect) => rect !== undefined);
  return rects.length === 0 ? undefined : [Math.min(...rects.map(([x]) => x)), Math.min(...rects.map(([, y]) => y))];
}
