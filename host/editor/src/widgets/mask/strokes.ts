/** A mask as the strokes it is painted with; drawing them anew is what undo does. */

export interface Stroke {
  tool: "brush" | "erase";
  /** Diameter in pixels of the picture. */
  size: number;
  points: readonly (readonly [number, number])[];
}

export type Step = Stroke | { tool: "invert" } | { tool: "clear" };

/** What was painted, and what was taken back. */
export interface Painting {
  steps: readonly Step[];
  undone: readonly Step[];
}

export const BLANK: Painting = { steps: [], undone: [] };

export function withStep({ steps }: Painting, step: Step): Painting {
  return { steps: [...steps, step], undone: [] };
}

export function undoStep({ steps, undone }: Painting): Painting {
  const last = steps.at(-1);
  return last ? { steps: steps.slice(0, -1), undone: [...undone, last] } : { steps, undone };
}

export function redoStep({ steps, undone }: Painting): Painting {
  const next = undone.at(-1);
  return next ? { steps: [...steps, next], undone: undone.slice(0, -1) } : { steps, undone };
}

type Context = CanvasRenderingContext2D;

/** What a stored mask is painted with. */
const WHITE = "#fff";

/** Draws a mask from nothing: one color where it is 1, transparent where it is 0. `base` is what it began with. */
export function drawMask(
  context: Context,
  steps: readonly Step[],
  base: CanvasImageSource | undefined,
  color = WHITE,
): void {
  const { width, height } = context.canvas;
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  if (base) {
    context.drawImage(base, 0, 0, width, height);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = color;
    context.fillRect(0, 0, width, height);
  }
  for (const step of steps) drawStep(context, step, color);
}

/** Adds one step to a mask that is drawn already. */
export function drawStep(context: Context, step: Step, color = WHITE): void {
  const { width, height } = context.canvas;
  if (step.tool === "clear") {
    context.clearRect(0, 0, width, height);
    return;
  }
  context.fillStyle = context.strokeStyle = color;
  if (step.tool === "invert") {
    context.globalCompositeOperation = "xor";
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = "source-over";
    return;
  }
  context.globalCompositeOperation = step.tool === "erase" ? "destination-out" : "source-over";
  drawLine(context, step);
  context.globalCompositeOperation = "source-over";
}

function drawLine(context: Context, { size, points }: Stroke): void {
  const [first, ...rest] = points;
  if (!first) return;
  context.lineWidth = size;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(first[0], first[1]);
  // A line of no length draws its round ends.
  for (const [x, y] of rest.length > 0 ? rest : [first]) context.lineTo(x, y);
  context.stroke();
}

/** The finished mask with soft edges: blurred by `feather` pixels, as a PNG whose alpha is the mask. */
export async function renderMask(
  steps: readonly Step[],
  base: CanvasImageSource | undefined,
  [width, height]: readonly [number, number],
  feather: number,
): Promise<Blob> {
  const sharp = new OffscreenCanvas(width, height);
  drawMask(contextOf(sharp), steps, base);
  const soft = new OffscreenCanvas(width, height);
  const context = contextOf(soft);
  if (feather > 0) context.filter = `blur(${feather / 2}px)`;
  const margin = Math.ceil(feather * 1.5);
  context.drawImage(margin > 0 ? extended(sharp, margin) : sharp, -margin, -margin);
  return soft.convertToBlob({ type: "image/png" });
}

/** The picture with its borders drawn outwards: a blur must not take what lies beyond them for empty. */
function extended(picture: OffscreenCanvas, margin: number): OffscreenCanvas {
  const { width, height } = picture;
  const larger = new OffscreenCanvas(width + 2 * margin, height + 2 * margin);
  const context = contextOf(larger);
  context.imageSmoothingEnabled = false;
  const across = [
    [0, 1, 0, margin],
    [0, width, margin, width],
    [width - 1, 1, margin + width, margin],
  ] as const;
  const down = [
    [0, 1, 0, margin],
    [0, height, margin, height],
    [height - 1, 1, margin + height, margin],
  ] as const;
  for (const [x, w, toX, toW] of across) {
    for (const [y, h, toY, toH] of down) context.drawImage(picture, x, y, w, h, toX, toY, toW, toH);
  }
  return larger;
}

function contextOf(canvas: OffscreenCanvas): Context {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("The browser has no memory for a picture of this size.");
  return context as unknown as Context;
}
