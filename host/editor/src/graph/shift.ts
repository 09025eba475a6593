/** Moving whole layouts and putting them together, as pasting and subgraphs do. */
import type { Body, Frame, Layout } from "./document";
import { splitAddress } from "./links";
import { numbered } from "./names";
import { placeOf } from "./places";
import { entry, mapValues } from "./record";
import { bendsOf, type Point } from "./wires";

/** The upper left corner of some nodes; undefined when none of them has a place. */
export function topLeft(body: Body, names: Iterable<string>): Point | undefined {
  const places = [...names].map((name) => placeOf(body, name)).filter((place) => place !== undefined);
  if (places.length === 0) return undefined;
  return [Math.min(...places.map((place) => place[0])), Math.min(...places.map((place) => place[1]))];
}

/** The layout with everything moved by some pixels; entries of other programs stay as they are. */
export function shifted(layout: Layout, [dx, dy]: Point): Layout {
  if (dx === 0 && dy === 0) return layout;
  const move = ([x, y]: Point): Point => [x + dx, y + dy];
  return mapValues<unknown>(layout, (value, key) => {
    if (key === "frames")
      return mapValues(value as Readonly<Record<string, Frame>>, (frame) => movedFrame(frame, [dx, dy]));
    if (splitAddress(key) !== undefined) {
      const bends = bendsOf(layout, key);
      return bends.length > 0 ? bends.map(move) : value;
    }
    const place = placeOf({ nodes: {}, layout }, key);
    if (place === undefined) return value;
    const [x, y, ...size] = place;
    return [...move([x, y]), ...size];
  });
}

/** Both layouts in one; frames of the second whose title is taken get a number. */
export function mergedLayouts(layout: Layout, added: Layout): Layout {
  if (added.frames === undefined) return { ...layout, ...added };
  const frames: Record<string, Frame> = {};
  const taken = (title: string) => entry(layout.frames, title) !== undefined || Object.hasOwn(frames, title);
  for (const [title, frame] of Object.entries(added.frames)) frames[numbered(title, taken)] = frame;
  return { ...layout, ...added, frames: { ...layout.frames, ...frames } };
}

function movedFrame(frame: Frame, [dx, dy]: Point): Frame {
  const [x, y, width, height] = frame.rect;
  return { ...frame, rect: [x + dx, y + dy, width, height] };
}
