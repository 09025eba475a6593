/** Files dropped anywhere: what carries a graph is opened, other pictures go into the document. */
import { FileInput } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";

import { openFile } from "../app/files";
import { api } from "../api/client";
import { isPicture } from "../widgets/files";
import { act } from "./act";
import { takeAsInput } from "./takeAsInput";
import "./panels.css";

/** Opens files one after the other: JSON, Wirebrush PNG or bundle as documents, other pictures as inputs. */
export async function openFiles(files: Iterable<File>): Promise<void> {
  for (const file of files) {
    const picture = isPicture(file.type);
    if (await openFile(file, { quiet: picture })) continue;
    if (picture) await act(async () => takeAsInput(await api.assets.upload(file, file.name)));
  }
}

/** Wraps the whole page; places that take files themselves stop the drop from coming here. */
export function DropTarget({ children }: { children: ReactNode }) {
  const over = useFileDrag();
  return (
    <>
      {children}
      {over && (
        <div className="drop-hint" aria-hidden>
          <FileInput size={32} />
          <strong>Drop to open</strong>
          <span>Graphs, pictures with a graph and bundles open as documents; other pictures become inputs.</span>
        </div>
      )}
    </>
  );
}

/** Whether files are being dragged over the page; drops that nobody took are opened. */
function useFileDrag(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let inside = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const leave = () => {
      inside = 0;
      setOver(false);
    };
    const listeners: [string, (event: DragEvent) => void, boolean?][] = [
      ["dragenter", (event) => hasFiles(event) && setOver((inside += 1) > 0)],
      ["dragleave", (event) => hasFiles(event) && setOver((inside -= 1) > 0)],
      ["dragover", (event) => hasFiles(event) && event.preventDefault()],
      // While it goes down, because who takes the drop may stop it on its way up.
      ["drop", leave, true],
      ["dragend", leave],
      [
        "drop",
        (event) => {
          if (event.defaultPrevented || !event.dataTransfer || event.dataTransfer.files.length === 0) return;
          event.preventDefault();
          void openFiles([...event.dataTransfer.files]);
        },
      ],
    ];
    for (const [type, listener, capture] of listeners)
      window.addEventListener(type, listener as EventListener, capture);
    return () => {
      for (const [type, listener, capture] of listeners)
        window.removeEventListener(type, listener as EventListener, capture);
    };
  }, []);
  return over;
}
