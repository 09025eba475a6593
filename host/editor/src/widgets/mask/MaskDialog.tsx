/** Paints a mask over a picture as large as the window allows. */
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { MaskCanvas } from "./MaskCanvas";
import { maskKey, MaskTools } from "./MaskTools";
import "./mask.css";
import { closePainter, savePainting, usePainter } from "./painter";
import type { PaintJob } from "./painter";
import { useLoaded } from "./useLoaded";

export function MaskDialog() {
  const job = usePainter((state) => (state.inNode ? undefined : state.job));
  return job && <Painter key={job.title} job={job} />;
}

function Painter({ job }: { job: PaintJob }) {
  const loaded = useLoaded(job);
  const saving = usePainter((state) => state.saving);
  const ready = loaded && "size" in loaded ? loaded : undefined;
  return (
    <Dialog
      title={job.title}
      width={1080}
      onClose={closePainter}
      footer={
        <>
          <Button onClick={closePainter}>Cancel</Button>
          <Button tone="primary" disabled={!ready || saving} onClick={() => ready && void savePainting(ready)}>
            {saving ? "Saving…" : "Use this mask"}
          </Button>
        </>
      }
    >
      <div className="mask-painter" onKeyDown={(event) => maskKey(event, ready)}>
        <MaskTools loaded={ready} />
        {ready ? (
          <MaskCanvas {...ready} />
        ) : (
          <p className="muted">
            {loaded && "why" in loaded ? `The picture cannot be shown: ${loaded.why}` : "Loading the picture…"}
          </p>
        )}
      </div>
    </Dialog>
  );
}
