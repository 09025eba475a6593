/** The value on an output in the current run. */
import { useEffect, useState } from "react";
import { api, ApiFailure } from "../api/client";
import type { ValueInfo } from "../api/contract";
import { showAsset } from "../panels/gallery/PictureDialog";
import { useRuns } from "../runs/store";
import { Popover } from "../ui/Popover";
import type { Anchor } from "../ui/Popover";
import { setCanvas, useCanvas } from "./store";

const THUMBNAIL = 512;

export function PeekPopover() {
  const peek = useCanvas((canvas) => canvas.peek);
  return peek && <Peek key={peek.address} {...peek} />;
}

function Peek({ address, anchor }: { address: string; anchor: Anchor }) {
  const [value, setValue] = useState<ValueInfo>();
  const [failure, setFailure] = useState<string>();
  // What was not there becomes so when its node is done.
  const run = useRuns((runs) => runs.current?.id);
  const state = useRuns((runs) => runs.nodeRun(address.slice(0, address.indexOf(".")))?.state);
  useEffect(() => {
    let gone = false;
    useRuns
      .getState()
      .peek(address)
      .then(
        (found) => !gone && setValue(found),
        (error: unknown) => !gone && setFailure(whyNot(error)),
      );
    return () => {
      gone = true;
    };
  }, [address, run, state]);
  return (
    <Popover
      anchor={anchor}
      onClose={() => setCanvas({ peek: undefined })}
      label={`Value of ${address}`}
      className="peek-popover"
    >
      <h3>{address}</h3>
      {value ? <Value value={value} title={address} /> : <p className="muted">{failure ?? "Loading…"}</p>}
    </Popover>
  );
}

function whyNot(error: unknown): string {
  const notThere = !(error instanceof ApiFailure) || error.status === 404;
  if (notThere) return "There is no value here yet. Run the graph, or run it to this node, then look again.";
  return error.message;
}

function Value({ value, title }: { value: ValueInfo; title: string }) {
  const picture = value.asset?.media_type.startsWith("image/") ? value.asset : undefined;
  return (
    <>
      {picture && (
        <button type="button" className="peek-picture" onClick={() => showAsset(picture, title)} title="Show large">
          <img src={api.assets.thumbnail(picture.hash, THUMBNAIL)} alt={value.summary} />
        </button>
      )}
      {value.value !== undefined && (
        <pre className="peek-value">{typeof value.value === "string" ? value.value : JSON.stringify(value.value)}</pre>
      )}
      <p className="muted">{value.summary}</p>
    </>
  );
}
