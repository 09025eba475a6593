/** Two pictures against each other: wipe, blink, difference, or side by side. */
import { ArrowLeftRight, Maximize, ZoomIn, ZoomOut } from "lucide-react";
import { useState } from "react";

import { useView } from "../app/view";
import { useRuns } from "../runs/store";
import { IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Blink } from "./compare/Blink";
import { DifferenceView } from "./compare/DifferenceView";
import { SideBySide } from "./compare/SideBySide";
import { useZoom } from "./compare/useZoom";
import { Wipe } from "./compare/Wipe";
import { labelOf, usePictures, type Pictures } from "./compare/usePictures";
import { act } from "./act";
import type { NamedPicture } from "./pictures";
import "./panels.css";

const MODES = { wipe: "Wipe", blink: "Blink", difference: "Difference", side: "Side by side" } as const;
type Mode = keyof typeof MODES;

export function CompareDialog() {
  const dialog = useView((view) => view.dialog);
  if (dialog?.name !== "compare") return null;
  return <Comparison before={dialog.before} after={dialog.after} />;
}

function Comparison({ before, after }: { before: string | undefined; after: string | undefined }) {
  const closeDialog = useView((view) => view.closeDialog);
  const pictures = usePictures();
  const [a, setA] = useState(before ?? pictures.inputs[0]?.hash ?? pictures.results[1]?.hash ?? "");
  const [b, setB] = useState(after ?? pictures.results[0]?.hash ?? "");
  const [mode, setMode] = useState<Mode>("wipe");
  const zoom = useZoom();
  const labels = { a: labelOf(pictures, a), b: labelOf(pictures, b) };
  const ready = a !== "" && b !== "";

  return (
    <Dialog title="Compare" width={1200} onClose={closeDialog}>
      <div className="compare">
        <div className="compare-bar">
          <PictureSelect label="Before" value={a} onChange={setA} pictures={pictures} />
          <IconButton
            icon={ArrowLeftRight}
            label="Swap before and after"
            onClick={() => {
              setA(b);
              setB(a);
            }}
          />
          <PictureSelect label="After" value={b} onChange={setB} pictures={pictures} />
          <div className="segments" role="group" aria-label="How to compare">
            {(Object.keys(MODES) as Mode[]).map((name) => (
              <button key={name} type="button" aria-pressed={mode === name} onClick={() => setMode(name)}>
                {MODES[name]}
              </button>
            ))}
          </div>
          <span className="compare-zoom">
            <IconButton icon={ZoomOut} label="Zoom out" keys="-" onClick={zoom.zoomOut} />
            <span className="number">{Math.round(zoom.zoom.scale * 100)} %</span>
            <IconButton icon={ZoomIn} label="Zoom in" keys="+" onClick={zoom.zoomIn} />
            <IconButton icon={Maximize} label="Fit" keys="0" onClick={zoom.reset} />
          </span>
        </div>
        {!ready && (
          <p className="muted">
            Choose two pictures: results of runs, pictures the graph reads, or what any node made in the last run.
          </p>
        )}
        {ready && mode === "wipe" && <Wipe a={a} b={b} labels={labels} zoom={zoom} />}
        {ready && mode === "blink" && <Blink a={a} b={b} labels={labels} zoom={zoom} />}
        {ready && mode === "difference" && <DifferenceView key={`${a} ${b}`} a={a} b={b} zoom={zoom} />}
        {ready && mode === "side" && <SideBySide a={a} b={b} labels={labels} zoom={zoom} />}
      </div>
    </Dialog>
  );
}

interface PictureSelectProps {
  label: string;
  value: string;
  onChange: (hash: string) => void;
  pictures: Pictures;
}

function PictureSelect({ label, value, onChange, pictures }: PictureSelectProps) {
  const peek = useRuns((runs) => runs.peek);
  const known = [...pictures.inputs, ...pictures.results, ...pictures.seen].some((picture) => picture.hash === value);
  const choose = async (chosen: string) => {
    const { nodes } = pictures;
    if (!nodes.includes(chosen)) return onChange(chosen);
    const value = await act(() => peek(chosen));
    if (value?.asset) onChange(value.asset.hash);
    else if (value) useView.getState().notify(`${chosen.replace(".", " › ")} holds no picture: ${value.summary}.`);
  };
  return (
    <label className="compare-select">
      <span>{label}</span>
      <select className="select" value={value} onChange={(event) => void choose(event.target.value)}>
        {value === "" && <option value="">Choose…</option>}
        {value !== "" && !known && <option value={value}>{value.slice(0, 12)}</option>}
        <Options label="Inputs" pictures={pictures.inputs} />
        <Options label="Results" pictures={pictures.results} />
        <Options label="Seen at nodes" pictures={pictures.seen} />
        {pictures.nodes.length > 0 && (
          <optgroup label="Nodes of the run">
            {pictures.nodes.map((address) => (
              <option key={address} value={address}>
                {address.replace(".", " › ")}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </label>
  );
}

function Options({ label, pictures }: { label: string; pictures: readonly NamedPicture[] }) {
  if (pictures.length === 0) return null;
  return (
    <optgroup label={label}>
      {pictures.map((picture) => (
        <option key={picture.hash} value={picture.hash}>
          {picture.label}
        </option>
      ))}
    </optgroup>
  );
}
