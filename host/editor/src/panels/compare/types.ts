/** What every way to compare gets. */
import type { useZoom } from "./useZoom";

export interface CompareProps {
  /** Hashes of the two pictures, before and after. */
  a: string;
  b: string;
  labels: { a: string; b: string };
  zoom: ReturnType<typeof useZoom>;
}
