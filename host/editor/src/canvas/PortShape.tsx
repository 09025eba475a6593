/** The shape and color of a kind, as ports and lists of ports show it. */
import { kindColor, kindShape } from "../graph/kinds";
import type { KindShape } from "../graph/kinds";

/** Outlines in a square of 12 units. */
const OUTLINES: Record<KindShape, string> = {
  circle: "M6 1.2a4.8 4.8 0 1 0 0 9.6a4.8 4.8 0 1 0 0-9.6z",
  square: "M1.8 1.8h8.4v8.4H1.8z",
  diamond: "M6 .6L11.4 6L6 11.4L.6 6z",
  hexagon: "M3.3 1.3h5.4L11.4 6l-2.7 4.7H3.3L.6 6z",
  triangle: "M1.6 1.2L11 6l-9.4 4.8z",
};

/** `hollow` draws a port that may stay empty. */
export function PortShape({ kind, hollow = false, size = 12 }: { kind: string; hollow?: boolean; size?: number }) {
  const color = `var(${kindColor(kind)})`;
  return (
    <svg className="port-shape" width={size} height={size} viewBox="0 0 12 12" aria-hidden>
      <path
        d={OUTLINES[kindShape(kind)]}
        fill={hollow ? "var(--surface-1)" : color}
        stroke={color}
        strokeWidth={1.6}
        strokeLinejoin="round"
      />
    </svg>
  );
}
