/** One result picture large, with what can be done with it. */
import { ArrowLeft, ArrowRight } from "lucide-react";

import { api } from "../../api/client";
import { IconButton } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { ago, bytes } from "../../ui/format";
import type { Picture } from "../pictures";
import { RunDescription } from "../RunDescription";
import { PictureActions } from "./PictureActions";

interface LightboxProps {
  picture: Picture;
  previous: (() => void) | undefined;
  next: (() => void) | undefined;
  onClose: () => void;
}

export function Lightbox({ picture, previous, next, onClose }: LightboxProps) {
  const { asset, run, name } = picture;
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
          <PictureActions
            url={api.assets.url(asset.hash)}
            name={asset.name}
            hash={asset.hash}
            asset={asset}
            leave={onClose}
          />
        </div>
      </div>
    </Dialog>
  );
}
