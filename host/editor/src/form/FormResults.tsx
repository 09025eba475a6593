/** What the document makes: the preview while it samples, then its pictures and other values. */
import { Columns2, Download, Image as ImageIcon } from "lucide-react";
import { useMemo } from "react";

import { useView } from "../app/view";
import { api } from "../api/client";
import type { Asset } from "../api/contract";
import type { Document } from "../documents/store";
import { showAsset } from "../panels/gallery/PictureDialog";
import { inputPicturesOf } from "../panels/pictures";
import { pictureOf } from "../panels/Thumbnail";
import { useRuns } from "../runs/store";
import { Button } from "../ui/Button";
import { labelOf } from "./fields";

export function FormResults({ document }: { document: Document }) {
  const outputs = useRuns((runs) => runs.results);
  const preview = useRuns((runs) =>
    runs.previewCount > 0 && runs.current?.status === "running" ? runs.livePreview() : undefined,
  );
  const pictures = outputs.flatMap((output) => pictureOf(output) ?? []);
  const others = outputs.filter((output) => !pictureOf(output));
  const before = useMemo(() => inputPicturesOf(document.graph)[0]?.hash, [document.graph]);
  return (
    <section className="form-results" aria-label="Results">
      {preview && (
        <figure className="result">
          <img src={preview} alt="Preview of the picture that is being made" />
          <figcaption className="muted">Preview</figcaption>
        </figure>
      )}
      {!preview && pictures.map((asset) => <ResultPicture key={asset.hash} asset={asset} before={before} />)}
      {others.map((output) => (
        <div key={output.name} className="result-value">
          <span className="form-label">{labelOf(output.name)}</span>
          <p className="value-text">
            {typeof output.value.value === "string" ? output.value.value : output.value.summary}
          </p>
        </div>
      ))}
      {!preview && outputs.length === 0 && (
        <div className="form-empty">
          <ImageIcon size={28} aria-hidden />
          <p className="muted">Results appear here.</p>
        </div>
      )}
    </section>
  );
}

function ResultPicture({ asset, before }: { asset: Asset; before: string | undefined }) {
  const openDialog = useView((view) => view.openDialog);
  const url = api.assets.url(asset.hash);
  return (
    <figure className="result">
      <button type="button" className="result-picture" title="Show large" onClick={() => showAsset(asset, asset.name)}>
        <img src={url} alt={asset.name} />
      </button>
      <figcaption>
        <span className="muted">{asset.name}</span>
        {before !== undefined && (
          <Button
            icon={Columns2}
            size="small"
            onClick={() => openDialog({ name: "compare", before, after: asset.hash })}
          >
            Before / after
          </Button>
        )}
        <a className="button plain small" href={url} download={asset.name}>
          <Download size={13} aria-hidden />
          Download
        </a>
      </figcaption>
    </figure>
  );
}
