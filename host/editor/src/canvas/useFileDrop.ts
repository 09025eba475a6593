/** Files dropped on the canvas: pictures become nodes, graphs are opened. */
import type { DragEvent, HTMLAttributes } from "react";
import { useMemo } from "react";
import { openFile } from "../app/files";
import { isPicture } from "../widgets/files";
import { addPicture } from "./actions/pictures";
import { useCanvas } from "./store";

/** Pictures dropped together stand below each other. */
const SPACING = 300;

export function useFileDrop(): Pick<HTMLAttributes<HTMLDivElement>, "onDragOver" | "onDrop"> {
  return useMemo(() => ({ onDragOver: allow, onDrop: (event) => void drop(event) }), []);
}

function allow(event: DragEvent): void {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
}

async function drop(event: DragEvent): Promise<void> {
  const files = [...event.dataTransfer.files];
  if (files.length === 0) return;
  event.preventDefault();
  event.stopPropagation();
  const node = (event.target as Element).closest<HTMLElement>(".react-flow__node-card")?.dataset.id;
  const at = useCanvas.getState().flow?.screenToFlowPosition({ x: event.clientX, y: event.clientY }) ?? { x: 0, y: 0 };
  for (const [index, file] of files.entries()) {
    // A picture may carry a graph; one that does is opened, unless it was dropped on a node.
    if (node === undefined && (await openFile(file, { quiet: isPicture(file.type) }))) continue;
    if (isPicture(file.type)) await addPicture(file, { node, at: { x: at.x, y: at.y + index * SPACING } });
  }
}
