/** A file: those uploaded before, those of the input folder, or a new one by choosing, dropping or pasting it. */
import { ChevronsUpDown, FileImage, Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { DragEvent } from "react";
import { api } from "../api/client";
import { Button } from "../ui/Button";
import { bytes } from "../ui/format";
import { fileReference, fileThumbnail, isPicture, upload } from "./files";
import { Picker } from "./Picker";
import type { Option } from "./Picker";
import type { ControlProps } from "./types";

export function FileControl({ value, isSet, set, label, caption }: ControlProps) {
  const [anchor, setAnchor] = useState<DOMRect>();
  const [busy, setBusy] = useState(false);
  const current = typeof value === "string" && value !== "" ? value : undefined;
  const options = useFiles(anchor !== undefined);
  const take = async (file: File | undefined) => {
    if (!file) return;
    setBusy(true);
    const reference = await upload(file, file.name || "pasted.png");
    setBusy(false);
    setAnchor(undefined);
    if (reference !== undefined) set(reference);
  };
  usePastedPicture(anchor !== undefined, (file) => void take(file));
  const drop = (event: DragEvent) => {
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    void take(file);
  };
  return (
    <>
      <button
        type="button"
        className={`control choice-control file-control nodrag ${isSet ? "" : "unset"}`}
        aria-haspopup="dialog"
        aria-label={`${label}: ${current ? fileReference(current).name : "no file"}`}
        onClick={(event) => setAnchor(event.currentTarget.getBoundingClientRect())}
        onDragOver={(event) => event.preventDefault()}
        onDrop={drop}
      >
        {caption !== undefined && <span className="control-caption">{caption}</span>}
        <FileImage size={12} aria-hidden className="control-icon" />
        <span className="control-value">
          {busy ? "Uploading…" : current ? fileReference(current).name : <em>choose a file</em>}
        </span>
        {caption === undefined && <ChevronsUpDown size={12} aria-hidden />}
      </button>
      {anchor && (
        <Picker
          anchor={anchor}
          label={label}
          options={options ?? []}
          current={current}
          pick={set}
          header={<UploadButton take={(file) => void take(file)} busy={busy} />}
          empty={options ? "No files yet. Upload one, drop one here, or paste a picture." : "Loading…"}
          onClose={() => setAnchor(undefined)}
        />
      )}
    </>
  );
}

function UploadButton({ take, busy }: { take: (file: File | undefined) => void; busy: boolean }) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <div className="picker-head">
      <Button icon={Upload} size="small" disabled={busy} onClick={() => field.current?.click()}>
        {busy ? "Uploading…" : "Upload…"}
      </Button>
      <input
        ref={field}
        type="file"
        hidden
        accept="image/*"
        data-testid="file-upload"
        onChange={(event) => take(event.target.files?.[0])}
      />
    </div>
  );
}

/** Takes a picture from the clipboard while `open`: the list of files has the focus then, not the canvas. */
function usePastedPicture(open: boolean, take: (file: File) => void): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    if (!open) return;
    const paste = (event: ClipboardEvent) => {
      const picture = [...(event.clipboardData?.files ?? [])].find((file) => isPicture(file.type));
      if (!picture) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current(picture);
    };
    window.addEventListener("paste", paste, { capture: true });
    return () => window.removeEventListener("paste", paste, { capture: true });
  }, [open]);
}

/** Uploads and files of the input folder, loaded while `wanted`. */
function useFiles(wanted: boolean): Option[] | undefined {
  const [options, setOptions] = useState<Option[]>();
  useEffect(() => {
    if (!wanted) return;
    let gone = false;
    const load = async () => {
      const [assets, files] = await Promise.all([api.assets.list().catch(() => []), api.files.list().catch(() => [])]);
      if (gone) return;
      setOptions([
        ...assets.map((asset) => ({
          key: asset.reference,
          title: asset.name,
          detail: bytes(asset.bytes),
          picture: isPicture(asset.media_type) ? fileThumbnail(asset.reference, 64) : undefined,
        })),
        ...files.map((file) => ({
          key: file.name,
          title: file.name,
          detail: `input folder, ${bytes(file.bytes)}`,
          picture: isPicture(file.media_type) ? fileThumbnail(file.name, 64) : undefined,
        })),
      ]);
    };
    void load();
    return () => {
      gone = true;
    };
  }, [wanted]);
  return options;
}
