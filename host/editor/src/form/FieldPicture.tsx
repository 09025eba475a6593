/** The picture a file field holds; a large place to drop another one. */
import { ImageUp } from "lucide-react";

import type { Json } from "../graph/document";
import { fileReference, fileThumbnail } from "../widgets/files";

export function FieldPicture({ reference, label }: { reference: Json | undefined; label: string }) {
  if (typeof reference !== "string" || reference === "") {
    return (
      <div className="field-picture empty">
        <ImageUp size={28} aria-hidden />
        <span className="muted">No picture chosen</span>
      </div>
    );
  }
  return (
    <div className="field-picture">
      <img src={fileThumbnail(reference, 512)} alt={`${label}: ${fileReference(reference).name}`} />
    </div>
  );
}
