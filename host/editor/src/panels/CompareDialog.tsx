/** Two pictures against each other: wipe, blink, difference, or side by side. */
import { ArrowLeftRight, Maximize, ZoomIn, ZoomOut } from "lucide-react";
import { useMemo, useState } from "react";

import { useView } from "../app/view";
import { useActive } from "../canvas/active";
import { useRuns } from "../runs/store";
import { IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ago } from "../ui/format";
import { Blink } from "./compare/Blink";
import { DifferenceView } from "./compare/DifferenceView";
import { SideBySide } from "./compare/SideBySide";
import { useZoom } from "./compare/useZoom";
import { Wipe } from "./compare/Wipe";
import { inputPicturesOf, picturesOf, type NamedPicture } from "./pictures";
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
        {!ready && <p className="muted">Choose two pictures. Results of runs and pictures the graph reads can be compared.</p>}
        {ready && mode === "wipe" && <Wipe a={a} b={b} labels={labels} zoom={zoom} />}
        {ready && mode === "blink" && <Blink a={a} b={b} labels={labels} zoom={zoom} />}
        {ready && mode === "difference" && <DifferenceView key={`${a} ${b}`} a={a} b={b} zoom={zoom} />}
        {ready && mode === "side" && <SideBySide a={a} b={b} labels={labels} zoom={zoom} />}
      </div>
    </Dialog>
  );
}

interface Pictures {
  inputs: NamedPicture[];
  results: NamedPicture[];
}

function usePictures(): Pictures {
  const graph = useActive()?.graph;
  const runs = useRuns((state) => state.runs);
  return useMemo(() => {
    const results = picturesOf(runs).map(({ asset, run }) => ({
      hash: asset.hash,
      label: `${run.title}, ${ago(run.created_at)}: ${asset.name}`,
    }));
    return { inputs: graph ? inputPicturesOf(graph) : [], results };
  }, [graph, runs]);
}

function labelOf({ inputs, results }: Pictures, hash: string): string {
  return [...inputs, ...results].find((picture) => picture.hash === hash)?.label ?? hash.slice(0, 12);
}

interface PictureSelectProps {
  label: string;
  value: string;
  onChange: (hash: string) => void;
  pictures: Pictures;
}

function PictureSelect({ label, value, onChange, pictures }: PictureSelectProps) {
  const known = [...pictures.inputs, ...pictures.results].some((picture) => picture.hash === value);
  return (
    <label className="compare-select">
      <span>{label}</span>
      <select className="select" value={value} onChange={(event) => onChange(event.target.value)}>
        {value === "" && <option value="">Choose…</option>}
        {value !== "" && !known && <option value={value}>{value.slice(0, 12)}</option>}
        <Options label="Inputs" pictures={pictures.inputs} />
        <Options label="Results" pictures={pictures.results} />
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
