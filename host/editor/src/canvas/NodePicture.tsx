/** The picture of a node: what it samples now, what it made, or the file it reads. */
import { Brush, Maximize2 } from "lucide-react";
import type { CSSProperties } from "react";
import { api } from "../api/client";
import { showAsset, showPicture } from "../panels/gallery/PictureDialog";
import { useRuns } from "../runs/store";
import { fileReference, fileThumbnail, fileUrl } from "../widgets/files";
import { IconButton } from "../ui/Button";
import { usePainter } from "../widgets/mask/painter";
import type { ControlPlace } from "../widgets/types";
import { activeDocument } from "./active";
import { canPaintMask, paintMask } from "./actions/masks";
import { NodeMask } from "./NodeMask";
import type { NodeView } from "./nodeView";
import { resultPicture } from "./resultPicture";

interface Shown {
  /** Address of what the node has room for. */
  small: string;
  alt: string;
  enlarge: () => void;
}

const THUMBNAIL = 512;

export function NodePicture({ view, style }: { view: NodeView; style: CSSProperties }) {
  const preview = useRuns((runs) => (runs.previewCount >= 0 ? runs.preview(view.name) : undefined));
  const asset = useRuns((runs) => resultPicture(runs, view.name));
  const running = useRuns((runs) => runs.nodeRun(view.name)?.state === "running");
  const result: Shown | undefined = asset && {
    small: api.assets.thumbnail(asset.hash, THUMBNAIL),
    alt: `Result of ${view.name}`,
    enlarge: () => showAsset(asset, `Result of ${view.name}`),
  };
  const live = previewPicture(view.name, preview);
  const own = ownPicture(view);
  const job = usePainter((painter) => (isHere(painter.inNode, view.name) ? painter.job : undefined));
  if (job) {
    return (
      <div className="node-picture" style={style}>
        <NodeMask key={job.title} node={view.name} job={job} />
      </div>
    );
  }
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
            onDoubleClick={shown.enlarge}
          />
          <span className="picture-broken">This picture is not there</span>
          {shown === own && canPaintMask(view.name) && (
            <IconButton
              icon={Brush}
              iconSize={13}
              className="picture-button paint nodrag"
              label="Paint a mask"
              onClick={() => paintMask(view.name, "node")}
            />
          )}
          <IconButton
            icon={Maximize2}
            iconSize={13}
            className="picture-button nodrag"
            label="Show large"
            onClick={shown.enlarge}
          />
          {running && live && <span className="picture-live">Preview</span>}
        </>
      ) : (
        <span className="picture-empty">The result appears here</span>
      )}
    </div>
  );
}

function previewPicture(name: string, url: string | undefined): Shown | undefined {
  if (url === undefined) return undefined;
  const alt = `Preview of ${name}`;
  return { small: url, alt, enlarge: () => showPicture({ title: alt, url }) };
}

/** Whether a mask is painted in this node of the document in front. */
function isHere(place: ControlPlace | undefined, node: string): boolean {
  const document = activeDocument();
  return place?.node === node && place.document === document?.key && place.scope === document.scope;
}

/** The picture that an input of the node names. */
function ownPicture(view: NodeView): Shown | undefined {
  for (const port of view.inputs) {
    const value = view.node.inputs?.[port.name];
    if (port.kind === "bytes" && typeof value === "string" && value !== "") {
      const alt = `Picture that ${view.name} reads`;
      const enlarge = () => showPicture({ title: alt, url: fileUrl(value), ...fileReference(value) });
      return { small: fileThumbnail(value, THUMBNAIL), alt, enlarge };
    }
  }
  return undefined;
}
