/** All result pictures, newest first. */
import { Images } from "lucide-react";
import { useMemo, useState } from "react";

import { identityOf } from "../runs/active";
import { useActive } from "../canvas/active";
import { belongsTo, PAGE, useRuns } from "../runs/store";
import { Button } from "../ui/Button";
import { ago } from "../ui/format";
import { act } from "./act";
import { Empty } from "./Empty";
import { Lightbox } from "./gallery/Lightbox";
import { picturesOf } from "./pictures";
import { RunDescription } from "./RunDescription";
import { Thumbnail } from "./Thumbnail";
import { useRunSearch } from "./useRunSearch";
import "./panels.css";

export function GalleryPanel() {
  const runs = useRuns((state) => state.runs);
  const loadOlder = useRuns((state) => state.loadOlder);
  const isMine = useIsMine();
  const [mineOnly, setMineOnly] = useState(false);
  const [more, setMore] = useState(true);
  const [open, setOpen] = useState<string>();
  const search = useRunSearch();
  const found = search.runs;
  const pictures = useMemo(() => picturesOf(mineOnly ? found.filter(isMine) : found), [found, mineOnly, isMine]);
  const index = pictures.findIndex((picture) => picture.asset.hash === open);
  const shown = pictures[index];

  return (
    <div className="panel">
      <div className="panel-bar">
        <input
          className="search"
          type="search"
          placeholder="Search pictures by title, node or run"
          aria-label="Search pictures"
          value={search.words}
          onChange={(event) => search.setWords(event.target.value)}
        />
        <label className="check">
          <input type="checkbox" checked={mineOnly} onChange={(event) => setMineOnly(event.target.checked)} />
          Only this document
        </label>
        <span className="muted">{pictures.length === 1 ? "1 picture" : `${pictures.length} pictures`}</span>
      </div>
      <div className="panel-scroll">
        {pictures.length === 0 && search.words.trim() !== "" && (
          <p className="muted">No picture fits “{search.words.trim()}”.</p>
        )}
        {pictures.length === 0 && search.words.trim() === "" && (
          <Empty icon={Images} title="No pictures yet">
            Every picture a run saves appears here, with the graph that made it.
          </Empty>
        )}
        <ul className="gallery">
          {pictures.map((picture) => (
            <li key={picture.asset.hash}>
              <button
                type="button"
                className="gallery-item"
                onClick={() => setOpen(picture.asset.hash)}
                aria-label={`${picture.asset.name} of ${picture.run.title}, ${ago(picture.run.created_at)}`}
              >
                <Thumbnail asset={picture.asset} size={256} alt="" />
                <span className="gallery-title">{picture.run.title}</span>
                <RunDescription run={picture.run.id} />
              </button>
            </li>
          ))}
        </ul>
        {more && search.words.trim() === "" && runs.length >= PAGE && (
          <Button
            size="small"
            className="wide"
            onClick={() => void act(loadOlder).then((left) => setMore(left ?? true))}
          >
            Show older pictures
          </Button>
        )}
      </div>
      {shown && (
        <Lightbox
          picture={shown}
          previous={pictures[index - 1] && (() => setOpen(pictures[index - 1]?.asset.hash))}
          next={pictures[index + 1] && (() => setOpen(pictures[index + 1]?.asset.hash))}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

/** Whether a run belongs to the active document. */
function useIsMine(): (run: { id: string; graph_id?: string }) => boolean {
  const document = useActive();
  const key = document?.key;
  const savedId = document && identityOf(document).savedId;
  return useMemo(() => belongsTo({ key: key ?? "", savedId }), [key, savedId]);
}
