/** Titled rectangles behind nodes, and free notes. */
import type { SizeOf } from "./align";
import { bodyOf, type Scope } from "./body";
import type { Body, Frame, Graph } from "./document";
import { numbered } from "./names";
import { type Outcome, refuse } from "./outcome";
import { editLayout, moveNodes, placeOf } from "./places";
import { entry, mapEntries, orNothing, type ReadonlyRecord, withEntry, withField } from "./record";
import type { Point } from "./wires";

/** Left, top, width and height in editor pixels. */
export type Rect = Frame["rect"];

/** The frames of a body by title. */
export function framesOf(body: Body | undefined): ReadonlyRecord<Frame> {
  return body?.layout?.frames ?? {};
}

/** The nodes whose centers lie in a frame. */
export function nodesInFrame(body: Body, frame: Frame, sizeOf: SizeOf): string[] {
  const [left, top, width, height] = frame.rect;
  return Object.keys(body.nodes).filter((name) => {
    const place = placeOf(body, name);
    if (place === undefined) return false;
    const [nodeWidth, nodeHeight] = sizeOf(name);
    const [x, y] = [place[0] + nodeWidth / 2 - left, place[1] + nodeHeight / 2 - top];
    return x >= 0 && y >= 0 && x <= width && y <= height;
  });
}

/** Titles of the frames that hold some of these nodes and no others. */
export function framesHolding(body: Body, names: Iterable<string>, sizeOf: SizeOf): string[] {
  const chosen = new Set(names);
  return Object.entries(framesOf(body)).flatMap(([title, frame]) => {
    const held = frame.note === undefined ? nodesInFrame(body, frame, sizeOf) : [];
    return held.length > 0 && held.every((name) => chosen.has(name)) ? [title] : [];
  });
}

/** Adds a frame, and says what its title became: a number is added when the title is taken. */
export function addFrame(
  graph: Graph,
  scope: Scope,
  title: string,
  rect: Rect,
  contents: Pick<Frame, "color" | "note"> = {},
): { graph: Graph; title: string } {
  const frames = framesOf(bodyOf(graph, scope));
  const fresh = numbered(title, (it) => Object.hasOwn(frames, it));
  const frame: Frame = { rect: rounded(rect), ...contents };
  return { graph: editFrames(graph, scope, (it) => withEntry(it, fresh, frame)), title: fresh };
}

/** Moves a frame by some pixels, together with the nodes that lie in it. */
export function moveFrame(graph: Graph, scope: Scope, title: string, by: Point, nodes: Iterable<string>): Graph {
  const body = bodyOf(graph, scope);
  const moved = editFrame(graph, scope, title, (frame) => {
    const [x, y, width, height] = frame.rect;
    return { ...frame, rect: rounded([x + by[0], y + by[1], width, height]) };
  });
  const places: [string, Point][] = [];
  for (const name of nodes) {
    const place = placeOf(body, name);
    if (place !== undefined) places.push([name, [place[0] + by[0], place[1] + by[1]]]);
  }
  return moveNodes(moved, scope, Object.fromEntries(places));
}

/** Gives a frame another title. Refused when it is taken. */
export function renameFrame(graph: Graph, scope: Scope, from: string, to: string): Outcome<{ readonly graph: Graph }> {
  const frames = framesOf(bodyOf(graph, scope));
  if (from === to) return { ok: true, graph };
  if (entry(frames, from) === undefined) return refuse(`There is no frame “${from}”.`);
  if (to === "" || entry(frames, to) !== undefined) {
    return refuse(to === "" ? "A frame needs a title." : `There is a frame “${to}” already.`);
  }
  const renamed = editFrames(graph, scope, (it) =>
    mapEntries(it, (title, frame) => [title === from ? to : title, frame]),
  );
  return { ok: true, graph: renamed };
}

/** Gives a frame another place and size. */
export function resizeFrame(graph: Graph, scope: Scope, title: string, rect: Rect): Graph {
  return editFrame(graph, scope, title, (frame) => ({ ...frame, rect: rounded(rect) }));
}

/** Removes a frame; the nodes in it stay. */
export function removeFrame(graph: Graph, scope: Scope, title: string): Graph {
  return editFrames(graph, scope, (frames) => withEntry(frames, title, undefined));
}

/** Writes the Markdown text of a frame; an empty one is taken away. */
export function setFrameNote(graph: Graph, scope: Scope, title: string, note: string): Graph {
  return editFrame(graph, scope, title, (frame) => withField(frame, "note", note === "" ? undefined : note));
}

/** Colors a frame; without a color it has the editor's own. */
export function setFrameColor(graph: Graph, scope: Scope, title: string, color: string | undefined): Graph {
  return editFrame(graph, scope, title, (frame) => withField(frame, "color", color));
}

function editFrames(graph: Graph, scope: Scope, edit: (frames: ReadonlyRecord<Frame>) => ReadonlyRecord<Frame>): Graph {
  return editLayout(graph, scope, (layout) => withField(layout, "frames", orNothing(edit(layout.frames ?? {}))));
}

function editFrame(graph: Graph, scope: Scope, title: string, edit: (frame: Frame) => Frame): Graph {
  return editFrames(graph, scope, (frames) => {
    const frame = entry(frames, title);
    if (frame === undefined) return frames;
    const edited = edit(frame);
    return withEntry(frames, title, JSON.stringify(edited) === JSON.stringify(frame) ? frame : edited);
  });
}

function rounded([x, y, width, height]: Rect): Rect {
  return [Math.round(x), Math.round(y), Math.round(width), Math.round(height)];
}
