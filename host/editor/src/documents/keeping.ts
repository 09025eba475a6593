/** Writes the open documents to the browser's database, so that they come back with their history after a reload. */
import type { Document } from "./document";
import { paced } from "./schedule";
import { useDocuments } from "./store";
import type { DocumentStorage } from "./stored";
import type { TabsState } from "./tabs";

/**
 * Keeps a window's documents stored until the result is called, which waits for the last write.
 *
 * A change is written at once: a page that goes away finishes what it began, and begins nothing more.
 */
export function startKeeping(storage: DocumentStorage, windowId: string): () => Promise<void> {
  let written: readonly Document[] = [];

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
  const writer = paced(() =>
    // A full or forbidden database must not disturb: saved graphs have their drafts on the server.
    write().catch(() => {
      written = [];
    }),
  );

  const stop = useDocuments.subscribe((state, before) => {
    if (!sameWindow(state, before)) writer.now();
  });
  writer.now();
  return () => {
    stop();
    return writer.settled();
  };
}

/** Whether nothing differs that is stored; drags and selections are not. */
function sameWindow(a: TabsState, b: TabsState): boolean {
  if (a.tabs === b.tabs) return a.active === b.active;
  return (
    a.active === b.active &&
    a.tabs.length === b.tabs.length &&
    a.tabs.every((tab, index) => {
      const other = b.tabs[index];
      return other !== undefined && tab.key === other.key && sameKept(tab, other);
    })
  );
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
