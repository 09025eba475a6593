/** What every way to compare gets. */
import type { useZoom } from "./useZoom";

/** Two pictures, and the zoom they share. */
export interface CompareProps {
  /** Hashes of the two pictures, before and after. */
  a: string;
  b: string;
  labels: { a: string; b: string };
  zoom: ReturnType<typeof useZoom>;
}
