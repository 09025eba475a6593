/** One result picture large, with what can be done with it. */
import { ArrowLeft, ArrowRight, Columns2, Download, FolderOpen, ImageDown, Share2 } from "lucide-react";

import { useView } from "../../app/view";
import { api } from "../../api/client";
import { Button, IconButton } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { ago, bytes } from "../../ui/format";
import { act } from "../act";
import { openRunGraph } from "../openRun";
import type { Picture } from "../pictures";
import { RunDescription } from "../RunDescription";
import { exportPicture } from "../share/export";
import { takeAsInput } from "../takeAsInput";

interface LightboxProps {
  picture: Picture;
  previous: (() => void) | undefined;
  next: (() => void) | undefined;
  onClose: () => void;
}

export function Lightbox({ picture, previous, next, onClose }: LightboxProps) {
  const { asset, run, name } = picture;
  const openDialog = useView((view) => view.openDialog);
  const leaveTo = (go: () => void) => () => {
    onClose();
    go();
  };
  return (
    <Dialog title={asset.name} width={1100} onClose={onClose}>
      <div
        className="lightbox"
        onKeyDown={(event) => {
          if (event.key === "ArrowLeft") previous?.();
          if (event.key === "ArrowRight") next?.();
        }}
      >
        <div className="lightbox-picture">
          <img src={api.assets.url(asset.hash)} alt={`${asset.name}, a result of ${run.title}`} />
        </div>
        <div className="lightbox-bar">
          <IconButton icon={ArrowLeft} label="Newer picture" disabled={!previous} onClick={previous} />
          <IconButton icon={ArrowRight} label="Older picture" disabled={!next} onClick={next} />
          <span className="muted lightbox-facts">
            <RunDescription run={run.id} />
            {run.title} · {name} · {bytes(asset.bytes)} · {ago(run.created_at)}
          </span>
          <Button size="small" icon={FolderOpen} onClick={leaveTo(() => void act(() => openRunGraph(run.id)))}>
            Open its graph
          </Button>
          <Button size="small" icon={ImageDown} onClick={leaveTo(() => takeAsInput(asset))}>
            Use as input
          </Button>
          <Button
            size="small"
            icon={Columns2}
            onClick={leaveTo(() => openDialog({ name: "compare", after: asset.hash }))}
          >
            Compare
          </Button>
          <a className="button plain small" href={api.assets.url(asset.hash)} download={asset.name}>
            <Download size={13} aria-hidden />
            Download
          </a>
          <Button
            size="small"
            icon={Share2}
            hint="A PNG that opens the graph that made it when it is dropped onto Wirebrush"
            onClick={() => void act(() => exportPicture(picture, run.title))}
          >
            Download with graph
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
