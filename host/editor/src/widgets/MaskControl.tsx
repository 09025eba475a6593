/** A mask that is painted: opens the painter, with what was painted before. */
import { Brush } from "lucide-react";
import { fileReference, fileUrl } from "./files";
import { openPainter } from "./mask/painter";
import type { ControlProps } from "./types";

export function MaskControl({ value, isSet, set, label, caption }: ControlProps) {
  const current = typeof value === "string" && value !== "" ? value : undefined;
  return (
    <button
      type="button"
      className={`control choice-control nodrag ${isSet ? "" : "unset"}`}
      aria-haspopup="dialog"
      aria-label={`${label}: ${current ? "painted" : "no mask"}`}
      onClick={() =>
        openPainter({
          title: `Paint ${label}`,
          ...(current ? { mask: fileUrl(current) } : {}),
          fileName: current ? fileReference(current).name : "mask.png",
          save: set,
        })
      }
    >
      {caption !== undefined && <span className="control-caption">{caption}</span>}
      <Brush size={12} aria-hidden className="control-icon" />
      <span className="control-value">{current ? "Painted" : <em>paint a mask</em>}</span>
    </button>
  );
}
