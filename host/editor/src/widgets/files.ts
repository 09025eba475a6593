/** Files that inputs name: uploads (`asset:HASH/name.png`) and files of the server's input folder (`cup.png`). */
import { api } from "../api/client";
import { useView } from "../app/view";

const ASSET = /^asset:([\da-f]{64})(?:\/(.*))?$/;

/** What a reference says. */
export interface FileReference {
  name: string;
  /** Of the asset; absent for a file of the input folder. */
  hash?: string;
}

export function fileReference(reference: string): FileReference {
  const [, hash, name] = ASSET.exec(reference) ?? [];
  return hash === undefined ? { name: reference } : { name: name || hash.slice(0, 12), hash };
}

/** Address of the whole file. */
export function fileUrl(reference: string): string {
  const { hash, name } = fileReference(reference);
  return hash === undefined ? api.files.url(name) : api.assets.url(hash);
}

/** Address of a small picture of the file. */
export function fileThumbnail(reference: string, size = 256): string {
  const { hash, name } = fileReference(reference);
  return hash === undefined ? api.files.url(name) : api.assets.thumbnail(hash, size);
}

/** Stores a file and gives the reference to it; a failure is shown and gives nothing. */
export async function upload(file: Blob, name: string): Promise<string | undefined> {
  try {
    return (await api.assets.upload(file, name)).reference;
  } catch (error) {
    useView
      .getState()
      .notify(`“${name}” could not be uploaded: ${error instanceof Error ? error.message : error}`, "error");
    return undefined;
  }
}

/** Whether a file of this type is a picture `LoadImage` may read. */
export function isPicture(type: string): boolean {
  return type.startsWith("image/") && type !== "image/svg+xml";
}
