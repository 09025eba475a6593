/** Opening files as documents. */
import { api, ApiFailure } from "../api/client";
import { useDocuments } from "../documents/store";
import { useView } from "./view";

const ACCEPTED = ".json,.png,.wirebrush,application/json,image/png";

/**
 * Opens the graph a file holds in a new tab. Says whether there was one; `quiet` keeps a file without a graph from
 * being reported.
 */
export async function openFile(file: File, { quiet = false } = {}): Promise<boolean> {
  const { notify, show } = useView.getState();
  try {
    const imported = await api.import(file);
    useDocuments.getState().openImported(imported, file.name.replace(/\.[^.]+$/, ""));
    show("graph");
    return true;
  } catch (error) {
    const holdsNone = error instanceof ApiFailure && error.status === 422;
    if (!(quiet && holdsNone)) {
      notify(`“${file.name}” was not opened: ${error instanceof Error ? error.message : String(error)}`, "error");
    }
    return !holdsNone;
  }
}

/** Asks for files and opens them. */
export function openFileDialog(): void {
  const field = document.createElement("input");
  field.type = "file";
  field.accept = ACCEPTED;
  field.multiple = true;
  field.addEventListener("change", () => void openAll([...(field.files ?? [])]));
  field.click();
}

async function openAll(files: readonly File[]): Promise<void> {
  for (const file of files) await openFile(file);
}
