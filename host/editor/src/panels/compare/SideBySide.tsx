/** Before and after beside each other, zoomed and moved together. */
import { api } from "../../api/client";
import { Stage } from "./Stage";
import type { CompareProps } from "./types";

export function SideBySide({ a, b, labels, zoom }: CompareProps) {
  return (
    <div className="side-by-side">
      <Stage zoom={zoom} label="Before">
        <img
          className="stage-picture"
          style={zoom.style}
          src={api.assets.url(a)}
          alt={`Before: ${labels.a}`}
          draggable={false}
        />
        <span className="stage-label left">Before</span>
      </Stage>
      <Stage zoom={zoom} label="After">
        <img
          className="stage-picture"
          style={zoom.style}
          src={api.assets.url(b)}
          alt={`After: ${labels.b}`}
          draggable={false}
        />
        <span className="stage-label left">After</span>
      </Stage>
    </div>
  );
}
