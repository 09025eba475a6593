/** Brush, eraser, size, soft edge, undo, invert; above the picture in the dialog, below it in a node. */
import { Brush, Contrast, Eraser, Redo2, Trash2, Undo2 } from "lucide-react";
import type { KeyboardEvent, ReactNode } from "react";
import { IconButton } from "../../ui/Button";
import { brushFor, LARGEST_BRUSH, LARGEST_FEATHER, paint, redo, undo, usePainter } from "./painter";
import type { Loaded } from "./painter";

export function MaskTools({ loaded, children }: { loaded: Loaded | undefined; children?: ReactNode }) {
  const { tool, size, feather, painting } = usePainter();
  return (
    <div className="mask-tools" role="toolbar" aria-label="Mask tools">
      <IconButton
        icon={Brush}
        label="Brush"
        keys="B"
        pressed={tool === "brush"}
        onClick={() => usePainter.setState({ tool: "brush" })}
      />
      <IconButton
        icon={Eraser}
        label="Erase"
        keys="E"
        pressed={tool === "erase"}
        onClick={() => usePainter.setState({ tool: "erase" })}
      />
      <Amount
        label="Size"
        value={brushFor(size, loaded)}
        max={LARGEST_BRUSH}
        min={1}
        set={(chosen) => usePainter.setState({ size: chosen })}
      />
      <Amount
        label="Feather"
        value={feather}
        max={LARGEST_FEATHER}
        min={0}
        set={(chosen) => usePainter.setState({ feather: chosen })}
      />
      <IconButton icon={Undo2} label="Undo" keys="Mod+Z" disabled={painting.steps.length === 0} onClick={undo} />
      <IconButton icon={Redo2} label="Redo" keys="Mod+Shift+Z" disabled={painting.undone.length === 0} onClick={redo} />
      <IconButton icon={Contrast} label="Invert" keys="I" onClick={() => paint({ tool: "invert" })} />
      <IconButton icon={Trash2} label="Clear" onClick={() => paint({ tool: "clear" })} />
      {children}
    </div>
  );
}

/** The keys of the tools. Says whether the event was one of them. */
export function maskKey(event: KeyboardEvent, loaded: Loaded | undefined): boolean {
  const brush = brushFor(usePainter.getState().size, loaded);
  const set = usePainter.setState;
  const chord = event.ctrlKey || event.metaKey;
  if (chord && event.key.toLowerCase() === "z") (event.shiftKey ? redo : undo)();
  else if (chord || event.altKey) return false;
  else if (event.key === "b") set({ tool: "brush" });
  else if (event.key === "e") set({ tool: "erase" });
  else if (event.key === "i") paint({ tool: "invert" });
  else if (event.key === "[") set({ size: Math.max(1, Math.round(brush / 1.2)) });
  else if (event.key === "]") set({ size: Math.min(LARGEST_BRUSH, Math.round(brush * 1.2) + 1) });
  else return false;
  event.preventDefault();
  return true;
}

interface AmountProps {
  label: string;
  /** In pixels of the picture. */
  value: number;
  min: number;
  max: number;
  set: (value: number) => void;
}

function Amount({ label, value, min, max, set }: AmountProps) {
  return (
    <label className="mask-amount">
      {label}
      <input type="range" min={min} max={max} value={value} onChange={(event) => set(Number(event.target.value))} />
      <output>{value} px</output>
    </label>
  );
}
