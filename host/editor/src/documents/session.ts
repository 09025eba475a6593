/** Brings the documents of the last visit back and starts everything that looks after open documents. */
import type { Document } from "./document";
import { startDrafts } from "./drafts";
import { checkAll, startFollowing } from "./following";
import { startKeeping } from "./keeping";
import { useDocuments } from "./store";
import { DocumentStorage, type StoredWindow } from "./stored";
import { startValidating } from "./validating";
import { type Claim, claimWindow } from "./windows";

/**
 * Opens what this window had open before, and unsaved work that closed or crashed windows left.
 *
 * Validates, keeps and autosaves documents from then on. False when there was nothing to open.
 */
export async function restoreDocuments(): Promise<boolean> {
  const storage = openStorage();
  const claim = storage && (await claimWindow(storage).catch(() => undefined));
  const restored = storage && claim ? await readClaimed(storage, claim) : [];
  if (restored.length > 0) {
    const wanted = claim?.own?.active ?? claim?.left[0]?.active;
    const active = restored.find((document) => document.key === wanted) ?? restored[0];
    useDocuments.setState({ tabs: restored, active: active?.key ?? "" });
  }
  if (storage && claim) startKeeping(storage, claim.id);
  startValidating();
  startDrafts();
  startFollowing();
  void checkAll();
  return restored.length > 0;
}

/** Everything the window had itself and the newest of the others had; of older ones only what is not saved. */
async function readClaimed(storage: DocumentStorage, { own, left }: Claim): Promise<Document[]> {
  const [newest, ...older] = own === undefined ? left : [own, ...left];
  const documents = await read(storage, newest);
  for (const window of older) {
    for (const document of await read(storage, window)) {
      const needed = document.dirty || (document.saved === undefined && document.canUndo);
      if (needed) documents.push(document);
      else await storage.remove(document.key).catch(() => {});
    }
  }
  return documents;
}

async function read(storage: DocumentStorage, window: StoredWindow | undefined): Promise<Document[]> {
  const found = await Promise.all((window?.keys ?? []).map((key) => storage.read(key).catch(() => undefined)));
  return found.filter((document) => document !== undefined);
}

/** The database; undefined when the browser gives none. */
function openStorage(): DocumentStorage | undefined {
  try {
    return new DocumentStorage();
  } catch {
    return undefined;
  }
}
