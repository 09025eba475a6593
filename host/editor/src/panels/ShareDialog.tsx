/** Gives the active document away: as JSON, inside a picture, or as a bundle with everything it reads. */
import { Download } from "lucide-react";
import { useState } from "react";

import { useView } from "../app/view";
import type { Export } from "../api/contract";
import { useActive } from "../canvas/active";
import type { Document } from "../documents/store";
import { belongsTo, useRuns } from "../runs/store";
import { identityOf } from "../runs/active";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ago } from "../ui/format";
import { act } from "./act";
import { inputPicturesOf, picturesOf, type Picture } from "./pictures";
import { exportGraph, exportPicture } from "./share/export";
import { useShareChoice } from "./share/useShareChoice";
import { Thumbnail } from "./Thumbnail";
import "./panels.css";

const FORMATS: readonly { format: Export["format"]; title: string; about: string }[] = [
  {
    format: "png",
    title: "Picture with graph",
    about: "A result as PNG with the graph that made it. Dropped onto Wirebrush, it opens that graph.",
  },
  {
    format: "bundle",
    title: "Bundle",
    about: "Graph, the pictures it reads, and a list of plugins and models: opens elsewhere with one drop.",
  },
  { format: "json", title: "JSON", about: "The graph alone, as text. The same file runs on the command line." },
];

export function ShareDialog() {
  const open = useView((view) => view.dialog?.name === "share");
  const document = useActive();
  return open && document ? <Share document={document} /> : null;
}

function Share({ document }: { document: Document }) {
  const closeDialog = useView((view) => view.closeDialog);
  const { format, stripPrompts, stripPaths } = useShareChoice();
  const runs = useRuns((state) => state.runs);
  const pictures = picturesOf(runs.filter(belongsTo(identityOf(document))));
  const [chosen, setChosen] = useState(pictures[0]?.asset.hash);
  const [exporting, setExporting] = useState(false);
  const missing = format === "png" && chosen === undefined;

  const share = async () => {
    setExporting(true);
    const result = pictures.find((picture) => picture.asset.hash === chosen);
    const done = await act(async () => {
      if (format !== "png") await exportGraph(document.graph, format, document.name);
      else if (result) await exportPicture(result, document.name);
      return true;
    });
    setExporting(false);
    if (done) closeDialog();
  };

  return (
    <Dialog
      title={`Share “${document.name}”`}
      width={620}
      onClose={closeDialog}
      footer={
        <>
          <Button onClick={closeDialog}>Cancel</Button>
          <Button tone="primary" icon={Download} disabled={missing || exporting} onClick={() => void share()}>
            {exporting ? "Packing…" : "Download"}
          </Button>
        </>
      }
    >
      <div className="stack">
        <fieldset className="share-choices">
          <legend>What</legend>
          {FORMATS.map((choice) => (
            <label key={choice.format} className="share-choice">
              <input
                type="radio"
                name="format"
                checked={format === choice.format}
                onChange={() => useShareChoice.setState({ format: choice.format })}
              />
              <span>
                <strong>{choice.title}</strong>
                <span className="muted">{choice.about}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {format === "png" && <PictureChoice pictures={pictures} chosen={chosen} onChoose={setChosen} />}
        <fieldset className="share-choices">
          <legend>Leave out</legend>
          <label className="check">
            <input
              type="checkbox"
              checked={stripPrompts}
              onChange={(event) => useShareChoice.setState({ stripPrompts: event.target.checked })}
            />
            Prompts
          </label>
          <label className="check">
            <input
              type="checkbox"
              checked={stripPaths}
              onChange={(event) => useShareChoice.setState({ stripPaths: event.target.checked })}
            />
            File names and paths
          </label>
        </fieldset>
        <p className="muted">{contentsOf(document, format, stripPrompts, stripPaths)}</p>
      </div>
    </Dialog>
  );
}

interface PictureChoiceProps {
  pictures: readonly Picture[];
  chosen: string | undefined;
  onChoose: (hash: string) => void;
}

function PictureChoice({ pictures, chosen, onChoose }: PictureChoiceProps) {
  if (pictures.length === 0) {
    return <p className="notice-box">This document has no results yet. Run it first, or share a bundle or JSON.</p>;
  }
  return (
    <fieldset className="share-choices">
      <legend>Which picture</legend>
      <div className="picture-choices">
        {pictures.slice(0, 24).map(({ asset, run }) => (
          <label key={asset.hash} className="picture-choice">
            <input type="radio" name="picture" checked={chosen === asset.hash} onChange={() => onChoose(asset.hash)} />
            <Thumbnail asset={asset} size={160} alt={`${asset.name}, ${ago(run.created_at)}`} />
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** What leaves the machine, in a sentence. */
function contentsOf(document: Document, format: Export["format"], noPrompts: boolean, noPaths: boolean): string {
  const count = inputPicturesOf(document.graph).length;
  const pictures = count === 1 ? "1 picture it reads" : `${count} pictures it reads`;
  const parts = [
    `${Object.keys(document.graph.nodes).length} nodes with their values`,
    format === "png" ? "the chosen result" : "",
    format === "bundle" ? pictures : "",
    format === "bundle" ? "names of plugins and models" : "",
  ].filter((part) => part !== "");
  const left = [noPrompts ? "prompts" : "", noPaths ? "file names" : ""].filter((part) => part !== "");
  return `Contains ${listed(parts)}${left.length > 0 ? `; without ${left.join(" and ")}` : ""}.`;
}

/** “a, b and c”. */
function listed(parts: readonly string[]): string {
  return [parts.slice(0, -1).join(", "), ...parts.slice(-1)].filter((part) => part !== "").join(" and ");
}
