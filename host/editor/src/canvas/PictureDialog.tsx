/** One picture as large as the window allows; its own size on a click. */
import { useState } from "react";
import { create } from "zustand";
import { Dialog } from "../ui/Dialog";

const usePicture = create<{ shown: { url: string; title: string } | undefined }>()(() => ({ shown: undefined }));

/** Opens a picture large. */
export function showPicture(url: string, title: string): void {
  usePicture.setState({ shown: { url, title } });
}

export function PictureDialog() {
  const shown = usePicture((state) => state.shown);
  const [whole, setWhole] = useState(true);
  if (!shown) return null;
  return (
    <Dialog title={shown.title} width={1100} onClose={() => usePicture.setState({ shown: undefined })}>
      <button type="button" className={`large-picture ${whole ? "whole" : ""}`} onClick={() => setWhole(!whole)} title={whole ? "Show pixel for pixel" : "Fit into the window"}>
        <img src={shown.url} alt={shown.title} />
      </button>
    </Dialog>
  );
}
