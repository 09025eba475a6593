/** One picture as large as the window allows; its own size on a click. */
import { Columns2, Download, ImageDown } from "lucide-react";
import { useState } from "react";
import { create } from "zustand";
import { api } from "../api/client";
import type { Asset } from "../api/contract";
import { useView } from "../app/view";
import { takeAsInput } from "../panels/takeAsInput";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";

interface Shown {
  url: string;
  title: string;
  /** What more can be done with a picture that is an asset. */
  asset?: Asset | undefined;
}

const usePicture = create<{ shown: Shown | undefined }>()(() => ({ shown: undefined }));

/** Opens a picture large. */
export function showPicture(url: string, title: string, asset?: Asset): void {
  usePicture.setState({ shown: { url, title, asset } });
}

const close = () => usePicture.setState({ shown: undefined });

export function PictureDialog() {
  const shown = usePicture((state) => state.shown);
  const [whole, setWhole] = useState(true);
  if (!shown) return null;
  return (
    <Dialog title={shown.title} width={1100} onClose={close} footer={shown.asset && <Actions asset={shown.asset} />}>
      <button
        type="button"
        className={`large-picture ${whole ? "whole" : ""}`}
        onClick={() => setWhole(!whole)}
        title={whole ? "Show pixel for pixel" : "Fit into the window"}
      >
        <img src={shown.url} alt={shown.title} />
      </button>
    </Dialog>
  );
}

function Actions({ asset }: { asset: Asset }) {
  const leaveTo = (go: () => void) => () => {
    close();
    go();
  };
  return (
    <>
      <Button icon={ImageDown} onClick={leaveTo(() => takeAsInput(asset))}>
        Use as input
      </Button>
      <Button
        icon={Columns2}
        onClick={leaveTo(() => useView.getState().openDialog({ name: "compare", after: asset.hash }))}
      >
        Compare
      </Button>
      <a className="button plain normal" href={api.assets.url(asset.hash)} download={asset.name}>
        <Download size={15} aria-hidden />
        Download
      </a>
    </>
  );
}
