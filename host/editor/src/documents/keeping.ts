/** Writes the open documents to the browser's database, so that they come back with their history after a reload. */
import type { Document } from "./document";
import { debounced } from "./schedule";
import { useDocuments } from "./store";
import type { DocumentStorage } from "./stored";

const DELAY_MS = 400;

/** Keeps a window's documents stored until the result is called, which writes what is waiting. */
export function startKeeping(storage: DocumentStorage, windowId: string): () => Promise<void> {
  let written: readonly Document[] = [];
  let turn: Promise<void> = Promise.resolve();

  const write = async () => {
    const { tabs, active } = useDocuments.getState();
    const before = written;
    written = tabs;
    for (const tab of tabs) {
      const was = before.find((it) => it.key === tab.key);
      if (was === undefined || !sameKept(was, tab)) await storage.write(tab);
    }
    // A window names its documents only once they are there, and forgets them before they go.
    await storage.writeWindow(windowId, { keys: tabs.map((tab) => tab.key), active, written_at: Date.now() });
    for (const { key } of before) if (!tabs.some((tab) => tab.key === key)) await storage.remove(key);
  };
  const writer = debounced(() => {
    // A full or forbidden database must not disturb: saved graphs have their drafts on the server.
    turn = turn.then(write).catch(() => {
      written = [];
    });
  }, DELAY_MS);

  const stop = useDocuments.subscribe((state, before) => {
    if (state.tabs !== before.tabs || state.active !== before.active) writer.soon();
  });
  const leave = () => writer.now();
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", leave);
  writer.soon();
  return () => {
    stop();
    removeEventListener("pagehide", leave);
    document.removeEventListener("visibilitychange", leave);
    writer.now();
    return turn;
  };
}

/** Whether two states of a document are stored alike. */
function sameKept(a: Document, b: Document): boolean {
  return (
    a.history === b.history &&
    a.clean === b.clean &&
    a.saved === b.saved &&
    a.name === b.name &&
    a.scopes === b.scopes &&
    a.recovered === b.recovered
  );
}
