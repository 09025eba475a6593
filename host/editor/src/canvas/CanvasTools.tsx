/** The tools of the canvas: what a drag does, zoom, arrangement. */
import {
  Eraser,
  Hand,
  Map as MapIcon,
  Maximize,
  Minus,
  Network,
  Plus,
  Search,
  SquareDashedMousePointer,
} from "lucide-react";
import { useView } from "../app/view";
import { IconButton } from "../ui/Button";
import { layOut } from "./actions/nodes";
import { zoomIn, zoomOut, zoomToFit } from "./actions/view";
import { openSearch } from "./actions/search";
import { setCanvas, useCanvas } from "./store";

export function CanvasTools() {
  const tool = useCanvas((canvas) => canvas.tool);
  const minimap = useView((view) => view.minimap);
  return (
    <div className="canvas-tools" role="toolbar" aria-label="Canvas tools" aria-orientation="vertical">
      <IconButton icon={Search} label="Add a node" keys="Tab" onClick={openSearch} />
      <hr />
      <IconButton
        icon={Hand}
        label="Drag to pan"
        keys="H"
        pressed={tool === "pan"}
        onClick={() => setCanvas({ tool: "pan" })}
      />
      <IconButton
        icon={SquareDashedMousePointer}
        label="Drag to select"
        keys="S"
        pressed={tool === "select"}
        onClick={() => setCanvas({ tool: "select" })}
      />
      <IconButton
        icon={Eraser}
        label="Cut wires"
        keys="Y"
        pressed={tool === "cut"}
        onClick={() => setCanvas({ tool: tool === "cut" ? "pan" : "cut" })}
      />
      <hr />
      <IconButton icon={Network} label="Arrange" keys="L" onClick={layOut} />
      <IconButton icon={Maximize} label="Zoom to fit" keys="F" onClick={() => zoomToFit()} />
      <IconButton icon={Plus} label="Zoom in" keys="+" onClick={zoomIn} />
      <IconButton icon={Minus} label="Zoom out" keys="-" onClick={zoomOut} />
      <IconButton
        icon={MapIcon}
        label="Minimap"
        keys="Alt+M"
        pressed={minimap}
        onClick={() => useView.getState().setMinimap(!minimap)}
      />
    </div>
  );
}
