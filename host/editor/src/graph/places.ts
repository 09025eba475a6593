/** Where nodes and the bends of wires are drawn. Never changes what a graph does. */
import { bodyOf, editBody, type Scope } from "./body";
import type { Body, Graph, Layout, Place } from "./document";
import { entry, withEntries, withEntry } from "./record";
import { withLayout } from "./references";
import { bendsOf, type Point } from "./wires";

/** Width and height. */
export type Size = readonly [width: number, height: number];

/** Where a node is drawn; undefined when the layout has no place for it. */
export function placeOf(body: Body | undefined, name: string): Place | undefined {
  const place = entry<unknown>(body?.layout, name);
  const isPlace =
    name !== "frames" &&
    Array.isArray(place) &&
    (place.length === 2 || place.length === 4) &&
    place.every((number) => typeof number === "number");
  return isPlace ? (place as unknown as Place) : undefined;
}

/** Moves nodes with their upper left corners to whole pixels; sizes stay. */
export function moveNodes(graph: Graph, scope: Scope, places: Readonly<Record<string, Point>>): Graph {
  return editLayout(graph, scope, (layout, body) => {
    const moved: [string, Place][] = [];
    for (const [name, [x, y]] of Object.entries(places)) {
      if (entry(body.nodes, name) === undefined) continue;
      const before = placeOf(body, name);
      const at = [Math.round(x), Math.round(y)] as const;
      if (before?.[0] === at[0] && before[1] === at[1]) continue;
      moved.push([name, before?.length === 4 ? [...at, before[2], before[3]] : at]);
    }
    return withEntries<unknown>(layout, moved);
  });
}

/** Gives a node a size of its own, and a place with it; without one it has the size of its contents again. */
export function resizeNode(graph: Graph, scope: Scope, name: string, size: Size | undefined, at?: Point): Graph {
  return editLayout(graph, scope, (layout, body) => {
    if (entry(body.nodes, name) === undefined) return layout;
    const before = placeOf(body, name);
    const [x, y] = (at ?? before ?? [0, 0]).map(Math.round) as [number, number];
    const place = size === undefined ? [x, y] : [x, y, Math.round(size[0]), Math.round(size[1])];
    return sameNumbers(before, place) ? layout : withEntry<unknown>(layout, name, place);
  });
}

/** Whether a node is folded to its title. */
export function isCollapsed(body: Body | undefined, name: string): boolean {
  return placeOf(body, name)?.[3] === 0;
}

/** Folds nodes to their titles, or unfolds them. A width the user gave stays while folded. */
export function setCollapsed(graph: Graph, scope: Scope, names: Iterable<string>, collapsed: boolean): Graph {
  return editLayout(graph, scope, (layout, body) => {
    const folded: [string, Place][] = [];
    for (const name of names) {
      if (entry(body.nodes, name) === undefined || isCollapsed(body, name) === collapsed) continue;
      const [x, y, width = 0] = placeOf(body, name) ?? [0, 0];
      folded.push([name, collapsed ? [x, y, width, 0] : [x, y]]);
    }
    return withEntries<unknown>(layout, folded);
  });
}

/** Adds a bend to a wire, before the bend that has this index now, or at the end. */
export function addBend(graph: Graph, scope: Scope, wireId: string, at: Point, index?: number): Graph {
  return editBends(graph, scope, wireId, (bends) => bends.toSpliced(index ?? bends.length, 0, rounded(at)));
}

/** Moves a bend of a wire. */
export function moveBend(graph: Graph, scope: Scope, wireId: string, index: number, to: Point): Graph {
  return editBends(graph, scope, wireId, (bends) => bends.map((bend, at) => (at === index ? rounded(to) : bend)));
}

/** Removes a bend of a wire. */
export function removeBend(graph: Graph, scope: Scope, wireId: string, index: number): Graph {
  return editBends(graph, scope, wireId, (bends) => bends.filter((_, at) => at !== index));
}

function editBends(graph: Graph, scope: Scope, wireId: string, edit: (bends: readonly Point[]) => Point[]): Graph {
  return editLayout(graph, scope, (layout) => {
    const bends = edit(bendsOf(layout, wireId));
    const before = bendsOf(layout, wireId);
    if (bends.length === before.length && bends.every((bend, index) => sameNumbers(before[index], bend))) return layout;
    return withEntry<unknown>(layout, wireId, bends.length === 0 ? undefined : bends);
  });
}

/** The graph with the layout of its edited part changed. */
export function editLayout(graph: Graph, scope: Scope, edit: (layout: Layout, body: Body) => Layout): Graph {
  if (bodyOf(graph, scope) === undefined) return graph;
  return editBody(graph, scope, (body) => {
    const layout = edit(body.layout ?? {}, body);
    return layout === body.layout || (body.layout === undefined && Object.keys(layout).length === 0)
      ? body
      : withLayout(body, layout);
  });
}

function rounded([x, y]: Point): Point {
  return [Math.round(x), Math.round(y)];
}

function sameNumbers(before: readonly number[] | undefined, after: readonly number[]): boolean {
  return before?.length === after.length && after.every((number, index) => number === before[index]);
}
