/** Lining nodes up. */
import { bodyOf, type Scope } from "./body";
import type { Graph } from "./document";
import { moveNodes, placeOf, type Size } from "./places";
import type { Point } from "./wires";

/** What lines up: an edge, or the centers in a column (`center`) or a row (`middle`). */
export type Edge = "left" | "center" | "right" | "top" | "middle" | "bottom";

/** The size a node is drawn with. */
export type SizeOf = (name: string) => Size;

interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Moves nodes so that their edges or centers line up with the outermost, or with the middle of all. */
export function align(graph: Graph, scope: Scope, names: Iterable<string>, edge: Edge, sizeOf: SizeOf): Graph {
  const boxes = boxesOf(graph, scope, names, sizeOf);
  if (boxes.length < 2) return graph;
  const left = Math.min(...boxes.map((box) => box.x));
  const top = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  const aligned = ({ x, y, width, height }: Box): Point => {
    switch (edge) {
      case "left":
        return [left, y];
      case "center":
        return [(left + right - width) / 2, y];
      case "right":
        return [right - width, y];
      case "top":
        return [x, top];
      case "middle":
        return [x, (top + bottom - height) / 2];
      case "bottom":
        return [x, bottom - height];
    }
  };
  return moveNodes(graph, scope, Object.fromEntries(boxes.map((box) => [box.name, aligned(box)])));
}

/** Moves nodes so that the gaps between them are equal, in a row or a column; the outermost stay. */
export function distribute(
  graph: Graph,
  scope: Scope,
  names: Iterable<string>,
  direction: "row" | "column",
  sizeOf: SizeOf,
): Graph {
  const boxes = boxesOf(graph, scope, names, sizeOf);
  const [start, extent] = direction === "row" ? (["x", "width"] as const) : (["y", "height"] as const);
  boxes.sort((a, b) => a[start] - b[start] || a[extent] - b[extent]);
  const [first, last] = [boxes[0], boxes.at(-1)];
  if (boxes.length < 3 || first === undefined || last === undefined) return graph;
  const space = last[start] + last[extent] - first[start];
  const gap = (space - boxes.reduce((sum, box) => sum + box[extent], 0)) / (boxes.length - 1);
  const places: [string, Point][] = [];
  let at = first[start];
  for (const box of boxes) {
    places.push([box.name, direction === "row" ? [at, box.y] : [box.x, at]]);
    at += box[extent] + gap;
  }
  return moveNodes(graph, scope, Object.fromEntries(places));
}

function boxesOf(graph: Graph, scope: Scope, names: Iterable<string>, sizeOf: SizeOf): Box[] {
  const body = bodyOf(graph, scope);
  return [...names].flatMap((name) => {
    const place = placeOf(body, name);
    if (place === undefined) return [];
    const [width, height] = sizeOf(name);
    return [{ name, x: place[0], y: place[1], width, height }];
  });
}
