/** Which mask is being painted; the dialog shows while there is one. */
import { create } from "zustand";

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

export const usePainter = create<{ job: PaintJob | undefined }>()(() => ({ job: undefined }));

/** Opens the painter. */
export function openPainter(job: PaintJob): void {
  usePainter.setState({ job });
}

export function closePainter(): void {
  usePainter.setState({ job: undefined });
}
