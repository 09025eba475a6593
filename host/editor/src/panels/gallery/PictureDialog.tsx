/** One picture as large as the window allows; its own size on a click. */
import { useState } from "react";
import { create } from "zustand";
import { api } from "../../api/client";
import type { Asset } from "../../api/contract";
import { Dialog } from "../../ui/Dialog";
import { PictureActions } from "./PictureActions";

interface Shown {
  title: string;
  url: string;
  /** What its file is called; the title where it has no name. */
  name?: string;
  /** Of an asset. */
  hash?: string | undefined;
  /** What a node made. */
  asset?: Asset | undefined;
}

const usePicture = create<{ shown: Shown | undefined }>()(() => ({ shown: undefined }));

/** Opens a picture large. */
export function showPicture(shown: Shown): void {
  usePicture.setState({ shown });
}

/** Opens what a node made large. */
export function showAsset(asset: Asset, title: string): void {
  showPicture({ title, url: api.assets.url(asset.hash), name: asset.name, hash: asset.hash, asset });
}

const close = () => usePicture.setState({ shown: undefined });

export function PictureDialog() {
  const shown = usePicture((state) => state.shown);
  const [whole, setWhole] = useState(true);
  if (!shown) return null;
  const { title, url, name = title, hash, asset } = shown;
  const actions = <PictureActions {...{ url, name, hash, asset }} leave={close} />;
  return (
    <Dialog title={title} width={1100} onClose={close} footer={actions}>
      <button
        type="button"
        className={`large-picture ${whole ? "whole" : ""}`}
        onClick={() => setWhole(!whole)}
        title={whole ? "Show pixel for pixel" : "Fit into the window"}
      >
        <img src={url} alt={title} />
      </button>
    </Dialog>
  );
}
