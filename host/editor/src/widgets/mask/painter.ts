/** The mask that is being painted: on the picture in its node, or in a dialog; both show the same strokes. */
import { create } from "zustand";
import { upload } from "../files";
import type { ControlPlace } from "../types";
import { BLANK, redoStep, renderMask, undoStep, withStep } from "./strokes";
import type { Painting, Step, Stroke } from "./strokes";

export interface PaintJob {
  title: string;
  /** Address of the picture below the mask; absent where only the mask is known. */
  picture?: string;
  /** Address of the mask it begins with: a picture whose alpha is the mask. */
  mask?: string;
  /** Name of the file that is stored. */
  fileName: string;
  /** Gets the reference to the stored mask. */
  save: (reference: string) => void;
}

/** A picture and a mask that have arrived. */
export interface Loaded {
  picture: ImageBitmap | undefined;
  mask: ImageBitmap | undefined;
  size: readonly [number, number];
}

interface Painter {
  job: PaintJob | undefined;
  /** The node on whose picture is painted; undefined in the dialog. */
  inNode: ControlPlace | undefined;
  painting: Painting;
  tool: Stroke["tool"];
  /** Diameter in pixels of the picture; undefined until somebody chooses one. */
  size: number | undefined;
  /** Width of the soft edge in pixels of the picture. */
  feather: number;
  saving: boolean;
}

export const LARGEST_BRUSH = 400;
export const LARGEST_FEATHER = 100;
/** A side of a mask without a picture. */
export const UNKNOWN_SIZE = 1024;
/** Of the picture's shorter side. */
const BRUSH_PART = 0.08;

const IDLE = { job: undefined, inNode: undefined, painting: BLANK, feather: 0, saving: false, size: undefined };

export const usePainter = create<Painter>()(() => ({ ...IDLE, tool: "brush" }));

/** Begins to paint: on the picture of a node that is given, else in the dialog. */
export function openPainter(job: PaintJob, inNode?: ControlPlace): void {
  usePainter.setState({ ...IDLE, job, inNode, tool: "brush" });
}

/** Goes on in the dialog. */
export function enlarge(): void {
  usePainter.setState({ inNode: undefined });
}

/** Forgets what was painted. */
export function closePainter(): void {
  usePainter.setState(IDLE);
}

export function paint(step: Step): void {
  usePainter.setState(({ painting }) => ({ painting: withStep(painting, step) }));
}

export function undo(): void {
  usePainter.setState(({ painting }) => ({ painting: undoStep(painting) }));
}

export function redo(): void {
  usePainter.setState(({ painting }) => ({ painting: redoStep(painting) }));
}

/** Diameter of the brush: the one that was chosen, else one that suits the picture. */
export function brushFor(size: number | undefined, loaded: Loaded | undefined): number {
  return size ?? Math.max(4, Math.round((loaded ? Math.min(...loaded.size) : UNKNOWN_SIZE) * BRUSH_PART));
}

/** Stores the mask and hands it to the job; a failure is shown, and what was painted stays. */
export async function savePainting({ mask, size }: Loaded): Promise<void> {
  const { job, painting, feather } = usePainter.getState();
  if (!job) return;
  usePainter.setState({ saving: true });
  const png = await renderMask(painting.steps, mask, size, feather);
  const reference = await upload(png, job.fileName);
  usePainter.setState({ saving: false });
  if (reference === undefined || usePainter.getState().job !== job) return;
  closePainter();
  job.save(reference);
}
