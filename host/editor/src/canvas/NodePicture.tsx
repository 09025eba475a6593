/** The picture of a node: what it samples now, what it made, or the file it reads. */
import { Brush, Maximize2 } from "lucide-react";
import type { CSSProperties } from "react";
import { api } from "../api/client";
import type { Asset } from "../api/contract";
import { useRuns } from "../runs/store";
import { fileThumbnail, fileUrl } from "../widgets/files";
import { IconButton } from "../ui/Button";
import { canPaintMask, paintMask } from "./actions/masks";
import type { NodeView } from "./nodeView";
import { showPicture } from "./PictureDialog";
import { resultPicture } from "./resultPicture";

interface Shown {
  small: string;
  large: string;
  alt: string;
  asset?: Asset;
}

const THUMBNAIL = 512;

export function NodePicture({ view, style }: { view: NodeView; style: CSSProperties }) {
  const preview = useRuns((runs) => (runs.previewCount >= 0 ? runs.preview(view.name) : undefined));
  const asset = useRuns((runs) => resultPicture(runs, view.name));
  const running = useRuns((runs) => runs.nodeRun(view.name)?.state === "running");
  const result: Shown | undefined = asset && {
    small: api.assets.thumbnail(asset.hash, THUMBNAIL),
    large: api.assets.url(asset.hash),
    alt: `Result of ${view.name}`,
    asset,
  };
  const live: Shown | undefined =
    preview === undefined ? undefined : { small: preview, large: preview, alt: `Preview of ${view.name}` };
  const own = ownPicture(view);
  const shown = (running ? live : undefined) ?? result ?? live ?? own;
  return (
    <div className="node-picture" style={style}>
      {shown ? (
        <>
          <img
            key={shown.small}
            src={shown.small}
            alt={shown.alt}
            draggable={false}
            onError={(event) => event.currentTarget.classList.add("broken")}
            onDoubleClick={() => showPicture(shown.large, shown.alt, shown.asset)}
          />
          <span className="picture-broken">This picture is not there</span>
          {shown === own && canPaintMask(view.name) && (
            <IconButton
              icon={Brush}
              iconSize={13}
              className="picture-button paint nodrag"
              label="Paint a mask"
              onClick={() => paintMask(view.name)}
            />
          )}
          <IconButton
            icon={Maximize2}
            iconSize={13}
            className="picture-button nodrag"
            label="Show large"
            onClick={() => showPicture(shown.large, shown.alt, shown.asset)}
          />
          {running && live && <span className="picture-live">Preview</span>}
        </>
      ) : (
        <span className="picture-empty">The result appears here</span>
      )}
    </div>
  );
}

/** The picture that an input of the node names. */
function ownPicture(view: NodeView): Shown | undefined {
  for (const port of view.inputs) {
    const value = view.node.inputs?.[port.name];
    if (port.kind === "bytes" && typeof value === "string" && value !== "") {
      return { small: fileThumbnail(value, THUMBNAIL), large: fileUrl(value), alt: `Picture that ${view.name} reads` };
    }
  }
  return undefined;
}
