/** What can be done with a picture that is shown large, wherever it is shown. */
import { Columns2, Download, FolderOpen, ImageDown, Share2 } from "lucide-react";
import { useMemo } from "react";

import { useView } from "../../app/view";
import type { Asset } from "../../api/contract";
import { useRuns } from "../../runs/store";
import { Button } from "../../ui/Button";
import { act } from "../act";
import { openRunGraph } from "../openRun";
import { picturesOf } from "../pictures";
import { exportPicture } from "../share/export";
import { takeAsInput } from "../takeAsInput";

interface PictureActionsProps {
  url: string;
  /** What its file is called when it is downloaded. */
  name: string;
  /** Of an asset; without it the picture cannot be compared. */
  hash?: string | undefined;
  /** What a node made; it can become the input of another. */
  asset?: Asset | undefined;
  /** Closes what shows the picture, before something else is shown. */
  leave: () => void;
}

export function PictureActions({ url, name, hash, asset, leave }: PictureActionsProps) {
  const openDialog = useView((view) => view.openDialog);
  const runs = useRuns((state) => state.runs);
  const result = useMemo(() => picturesOf(runs).find((picture) => picture.asset.hash === hash), [runs, hash]);
  const leaveTo = (go: () => void) => () => {
    leave();
    go();
  };
  return (
    <>
      {result && (
        <Button size="small" icon={FolderOpen} onClick={leaveTo(() => void act(() => openRunGraph(result.run.id)))}>
          Open its graph
        </Button>
      )}
      {asset && (
        <Button size="small" icon={ImageDown} onClick={leaveTo(() => takeAsInput(asset))}>
          Use as input
        </Button>
      )}
      {hash !== undefined && (
        <Button size="small" icon={Columns2} onClick={leaveTo(() => openDialog({ name: "compare", after: hash }))}>
          Compare
        </Button>
      )}
      <a className="button plain small" href={url} download={name}>
        <Download size={13} aria-hidden />
        Download
      </a>
      {result && (
        <Button
          size="small"
          icon={Share2}
          hint="A PNG that opens the graph that made it when it is dropped onto Wirebrush"
          onClick={() => void act(() => exportPicture(result, result.run.title))}
        >
          Download with graph
        </Button>
      )}
    </>
  );
}
