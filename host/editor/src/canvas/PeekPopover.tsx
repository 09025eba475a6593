/** The value on an output in the current run. */
import { useEffect, useState } from "react";
import { api } from "../api/client";
import type { ValueInfo } from "../api/contract";
import { useRuns } from "../runs/store";
import { Popover } from "../ui/Popover";
import type { Anchor } from "../ui/Popover";
import { showPicture } from "./PictureDialog";
import { setCanvas, useCanvas } from "./store";

const THUMBNAIL = 512;

export function PeekPopover() {
  const peek = useCanvas((canvas) => canvas.peek);
  return peek && <Peek key={peek.address} {...peek} />;
}

function Peek({ address, anchor }: { address: string; anchor: Anchor }) {
  const [value, setValue] = useState<ValueInfo>();
  const [failure, setFailure] = useState<string>();
  const run = useRuns((runs) => runs.current?.id);
  useEffect(() => {
    let gone = false;
    useRuns
      .getState()
      .peek(address)
      .then(
        (found) => !gone && setValue(found),
        (error: unknown) => !gone && setFailure(error instanceof Error ? error.message : String(error)),
      );
    return () => {
      gone = true;
    };
  }, [address, run]);
  return (
    <Popover anchor={anchor} onClose={() => setCanvas({ peek: undefined })} label={`Value of ${address}`} className="peek-popover">
      <h3>{address}</h3>
      {value ? <Value value={value} title={address} /> : <p className="muted">{failure ? `Nothing to see: ${failure} Run the graph, then look again.` : "Loading…"}</p>}
    </Popover>
  );
}

function Value({ value, title }: { value: ValueInfo; title: string }) {
  const picture = value.asset?.media_type.startsWith("image/") ? value.asset : undefined;
  return (
    <>
      {picture && (
        <button type="button" className="peek-picture" onClick={() => showPicture(api.assets.url(picture.hash), title)} title="Show large">
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
