/** The box in which pictures are zoomed and moved. */
import type { ReactNode } from "react";

import type { CompareProps } from "./types";

export function Stage({ zoom, label, children }: { zoom: CompareProps["zoom"]; label: string; children: ReactNode }) {
  return (
    <div
      className="compare-stage"
      role="group"
      aria-label={`${label}. Arrow keys move, plus and minus zoom`}
      tabIndex={0}
      {...zoom.handlers}
    >
      {children}
    </div>
  );
}
