/** Arranging nodes from left to right along their wires. */
import dagre from "@dagrejs/dagre";
import type { SizeOf } from "./align";
import { bodyOf, editBody, type Scope } from "./body";
import type { Body, Frame, Graph } from "./document";
import { framesOf, nodesInFrame } from "./frames";
import { moveNodes, placeOf } from "./places";
import { mapValues, orNothing, withField, without } from "./record";
import { withLayout } from "./references";
import { topLeft } from "./shift";
import { type Point, wiresOf } from "./wires";

/** Pixels between nodes above each other, and between columns. */
const ROW_GAP = 40;
const COLUMN_GAP = 90;

/** Pixels between a frame and the nodes in it; its title takes more at the top. */
const FRAME_MARGIN = 30;
const FRAME_TITLE = 30;

/**
 * Arranges some nodes, or all, in columns: each behind the nodes it needs, with few crossings.
 *
 * The upper left corner of what is arranged stays. The same graph always gives the same layout. Frames around arranged
 * nodes follow them, and bends of the wires between them go away.
 */
export function autoLayout(graph: Graph, scope: Scope, names: Iterable<string> | undefined, sizeOf: SizeOf): Graph {
  const body = bodyOf(graph, scope);
  if (body === undefined) return graph;
  const chosen = [...new Set(names ?? Object.keys(body.nodes))]
    .filter((name) => Object.hasOwn(body.nodes, name))
    .sort();
  if (chosen.length === 0) return graph;
  // Numbers instead of names: dagre looks names up where a node called `constructor` would be found already.
  const ids = new Map(chosen.map((name, index) => [name, `${index}`]));
  const arranged = new dagre.graphlib.Graph({ multigraph: true });
  arranged.setGraph({ rankdir: "LR", nodesep: ROW_GAP, ranksep: COLUMN_GAP });
  for (const [name, id] of ids) {
    const [width, height] = sizeOf(name);
    arranged.setNode(id, { width, height });
  }
  const inside = wiresOf(body).filter((wire) => ids.has(wire.from.node) && ids.has(wire.to.node));
  for (const { from, to, id } of inside.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    arranged.setEdge(ids.get(from.node) ?? "", ids.get(to.node) ?? "", {}, id);
  }
  dagre.layout(arranged);

  const corners = [...ids].map(([name, id]): readonly [string, Point] => {
    const { x, y, width, height } = arranged.node(id) as { x: number; y: number; width: number; height: number };
    return [name, [x - width / 2, y - height / 2]];
  });
  const left = Math.min(...corners.map(([, [x]]) => x));
  const top = Math.min(...corners.map(([, [, y]]) => y));
  const [x, y] = topLeft(body, chosen) ?? [0, 0];
  const places = corners.map(([name, at]): [string, Point] => [name, [at[0] - left + x, at[1] - top + y]]);
  const moved = moveNodes(graph, scope, Object.fromEntries(places));
  const straight = editBody(moved, scope, (it) =>
    it.layout === undefined
      ? it
      : withLayout(
          it,
          without<unknown>(
            it.layout,
            inside.map((wire) => wire.id),
          ),
        ),
  );
  return growFrames(straight, scope, body, new Set(chosen), sizeOf);
}

/** The rectangle of a frame around some nodes; undefined when none of them has a place. */
export function rectAround(body: Body, names: Iterable<string>, sizeOf: SizeOf): Frame["rect"] | undefined {
  const boxes = [...names].flatMap((name) => {
    const place = placeOf(body, name);
    const [width, height] = sizeOf(name);
    return place === undefined
      ? []
      : [{ left: place[0], top: place[1], right: place[0] + width, bottom: place[1] + height }];
  });
  if (boxes.length === 0) return undefined;
  const left = Math.min(...boxes.map((box) => box.left)) - FRAME_MARGIN;
  const top = Math.min(...boxes.map((box) => box.top)) - FRAME_MARGIN - FRAME_TITLE;
  const right = Math.max(...boxes.map((box) => box.right)) + FRAME_MARGIN;
  const bottom = Math.max(...boxes.map((box) => box.bottom)) + FRAME_MARGIN;
  return [left, top, right - left, bottom - top];
}

/** Lets frames enclose the nodes that were in them before, where some of these moved. */
function growFrames(graph: Graph, scope: Scope, before: Body, moved: ReadonlySet<string>, sizeOf: SizeOf): Graph {
  return editBody(graph, scope, (body) => {
    const frames = mapValues(framesOf(body), (frame) => {
      const members = nodesInFrame(before, frame, sizeOf);
      const rect = members.some((name) => moved.has(name)) ? rectAround(body, members, sizeOf) : undefined;
      return rect === undefined || rect.every((number, index) => number === frame.rect[index])
        ? frame
        : { ...frame, rect };
    });
    return frames === framesOf(body)
      ? body
      : withLayout(body, withField(body.layout ?? {}, "frames", orNothing(frames)));
  });
}
