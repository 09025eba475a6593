/** Paints a mask over a picture: brush, eraser, soft edge, undo, invert, clear. */
import { Brush, Contrast, Eraser, Redo2, Trash2, Undo2 } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { upload } from "../files";
import { MaskCanvas } from "./MaskCanvas";
import "./mask.css";
import { closePainter, usePainter } from "./painter";
import type { PaintJob } from "./painter";
import { BLANK, redoStep, renderMask, undoStep, withStep } from "./strokes";

/** A picture and a mask that have arrived. */
interface Loaded {
  picture: ImageBitmap | undefined;
  mask: ImageBitmap | undefined;
  size: readonly [number, number];
}

const LARGEST_BRUSH = 400;
const LARGEST_FEATHER = 100;
const UNKNOWN_SIZE = 1024;
const BRUSH_PART = 0.08;

export function MaskDialog() {
  const job = usePainter((state) => state.job);
  return job && <Painter key={job.title} job={job} />;
}

function Painter({ job }: { job: PaintJob }) {
  const loaded = usePictures(job);
  const [painting, setPainting] = useState(BLANK);
  const [tool, setTool] = useState<"brush" | "erase">("brush");
  const [size, setSize] = useState<number>();
  const [feather, setFeather] = useState(0);
  const [saving, setSaving] = useState(false);
  const ready = loaded && "size" in loaded ? loaded : undefined;
  const brush = size ?? Math.max(4, Math.round((ready ? Math.min(...ready.size) : UNKNOWN_SIZE) * BRUSH_PART));
  const undo = () => setPainting(undoStep);
  const redo = () => setPainting(redoStep);

  const save = async () => {
    if (!ready) return;
    setSaving(true);
    const png = await renderMask(painting.steps, ready.mask, ready.size, feather);
    const reference = await upload(png, job.fileName);
    setSaving(false);
    if (reference === undefined) return;
    job.save(reference);
    closePainter();
  };
  const key = (event: React.KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") (event.shiftKey ? redo : undo)();
    else if (event.key === "b") setTool("brush");
    else if (event.key === "e") setTool("erase");
    else if (event.key === "[") setSize(Math.max(1, Math.round(brush / 1.2)));
    else if (event.key === "]") setSize(Math.min(LARGEST_BRUSH, Math.round(brush * 1.2) + 1));
    else return;
    event.preventDefault();
  };

  return (
    <Dialog
      title={job.title}
      width={1080}
      onClose={closePainter}
      footer={
        <>
          <Button onClick={closePainter}>Cancel</Button>
          <Button tone="primary" disabled={!ready || saving} onClick={() => void save()}>
            {saving ? "Saving…" : "Use this mask"}
          </Button>
        </>
      }
    >
      <div className="mask-painter" onKeyDown={key}>
        <div className="mask-tools" role="toolbar" aria-label="Mask tools">
          <IconButton icon={Brush} label="Brush" keys="B" pressed={tool === "brush"} onClick={() => setTool("brush")} />
          <IconButton
            icon={Eraser}
            label="Erase"
            keys="E"
            pressed={tool === "erase"}
            onClick={() => setTool("erase")}
          />
          <Amount label="Size" value={brush} max={LARGEST_BRUSH} min={1} set={setSize} />
          <Amount label="Feather" value={feather} max={LARGEST_FEATHER} min={0} set={setFeather} />
          <IconButton icon={Undo2} label="Undo" keys="Mod+Z" disabled={painting.steps.length === 0} onClick={undo} />
          <IconButton
            icon={Redo2}
            label="Redo"
            keys="Mod+Shift+Z"
            disabled={painting.undone.length === 0}
            onClick={redo}
          />
          <Button icon={Contrast} size="small" onClick={() => setPainting((it) => withStep(it, { tool: "invert" }))}>
            Invert
          </Button>
          <Button icon={Trash2} size="small" onClick={() => setPainting((it) => withStep(it, { tool: "clear" }))}>
            Clear
          </Button>
        </div>
        {ready ? (
          <MaskCanvas
            {...ready}
            steps={painting.steps}
            tool={tool}
            brush={brush}
            feather={feather}
            add={(stroke) => setPainting((it) => withStep(it, stroke))}
          />
        ) : (
          <p className="muted">
            {loaded && "why" in loaded ? `The picture cannot be shown: ${loaded.why}` : "Loading the picture…"}
          </p>
        )}
      </div>
    </Dialog>
  );
}

function Amount({
  label,
  value,
  min,
  max,
  set,
}: {
  label: string;
  value: number;
  min: number;
  max: number;
  set: (value: number) => void;
}) {
  return (
    <label className="mask-amount">
      {label}
      <input type="range" min={min} max={max} value={value} onChange={(event) => set(Number(event.target.value))} />
      <output>{value} px</output>
    </label>
  );
}

function usePictures(job: PaintJob): Loaded | { why: string } | undefined {
  const [loaded, setLoaded] = useState<Loaded | { why: string }>();
  useEffect(() => {
    let gone = false;
    const load = async () => {
      const [picture, mask] = await Promise.all(
        [job.picture, job.mask].map((url) => (url === undefined ? undefined : bitmapOf(url))),
      );
      const whole = picture ?? mask;
      const size = [whole?.width ?? UNKNOWN_SIZE, whole?.height ?? UNKNOWN_SIZE] as const;
      if (!gone) setLoaded({ picture, mask, size });
    };
    load().catch(
      (error: unknown) => !gone && setLoaded({ why: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      gone = true;
    };
  }, [job.picture, job.mask]);
  return loaded;
}

async function bitmapOf(url: string): Promise<ImageBitmap> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return createImageBitmap(await answer.blob());
}
