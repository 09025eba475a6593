/** Titles of nodes that are seen from far away: large, and broken into as many lines as the node has room for. */

/** Height of the letters, in editor pixels. */
export const FAR_TITLE = 30;
const LINE = 37;
const SIDE = 10;
/** From the upper edge of a line down to where its letters stand. */
const BASE = 29;
const MOST_KEPT = 2000;

export interface TitleLine {
  text: string;
  /** Where the line begins, from the upper left corner of the node. */
  x: number;
  y: number;
}

/** The font of titles, with the family of the element around the canvas. */
export function farFont(family: string): string {
  return `600 ${FAR_TITLE}px ${family}`;
}

const kept = new Map<string, readonly TitleLine[]>();

/**
 * Breaks a title between words, and inside one that is too long; what does not fit into the height is left out. The
 * context has the font of {@link farFont}.
 */
export function titleLines(
  context: CanvasRenderingContext2D,
  title: string,
  width: number,
  height: number,
): readonly TitleLine[] {
  const key = `${width} ${height} ${title}`;
  const before = kept.get(key);
  if (before) return before;
  if (kept.size >= MOST_KEPT) kept.clear();
  const room = width - 2 * SIDE;
  const most = Math.max(1, Math.floor(height / LINE));
  const lines = wrap(title, (text) => context.measureText(text).width <= room).slice(0, most);
  const placed = lines.map((text, index) => ({ text, x: SIDE, y: index * LINE + BASE }));
  kept.set(key, placed);
  return placed;
}

/** Breaks a text into lines that fit. */
export function wrap(text: string, fits: (line: string) => boolean): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((it) => it !== "")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = "";
    for (const letter of word) {
      if (line !== "" && !fits(line + letter)) {
        lines.push(line);
        line = "";
      }
      line += letter;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}
