/** Notices when somebody else saves or removes a graph that is open here. */
import { api } from "../api/client";
import type { GraphInfo, ServerEvent } from "../api/contract";
import { live } from "../api/live";
import { loadCatalog } from "./catalog";
import { isSound } from "../graph/sound";
import { reloaded } from "./saving";
import { documents, useDocuments } from "./store";

/** Follows the server's events until the result is called. */
export function startFollowing(): () => void {
  return live.listen({ onEvent: (event) => void hear(event) });
}

async function hear(event: ServerEvent): Promise<void> {
  switch (event.type) {
    case "graph":
      return savedElsewhere(event.graph);
    case "graph-removed":
      return removedElsewhere(event.graph);
    case "plugins-changed":
      return loadCatalog().catch(() => {});
    case "reset":
      // Anything may have happened in between.
      await loadCatalog().catch(() => {});
      return checkAll();
  }
}

/**
 * A newer version: unsaved changes here are in conflict with it, an unchanged document shows it.
 *
 * What this window is saving itself is waited for first.
 */
async function savedElsewhere({ id, version }: Pick<GraphInfo, "id" | "version">): Promise<void> {
  const key = useDocuments.getState().tabs.find((tab) => tab.saved?.id === id)?.key;
  if (key === undefined) return;
  await useDocuments.getState().saved(key);
  const document = documents.document(key);
  if (document?.saved?.id !== id || document.saved.version >= version) return;
  if (document.dirty) {
    documents.update(key, (now) => ({ ...now, conflict: { version } }));
    return;
  }
  const saved = await api.graphs.get(id).catch(() => undefined);
  if (saved === undefined) return;
  // Between the question and the answer the user may have begun to work. What cannot be shown is a conflict as well.
  documents.update(key, (now) =>
    now.dirty || !isSound(saved.graph) ? { ...now, conflict: { version: saved.version } } : reloaded(now, saved),
  );
}

/** The document stays open, as one that was never saved. */
function removedElsewhere(id: string): void {
  for (const { key } of useDocuments.getState().tabs.filter((tab) => tab.saved?.id === id)) {
    documents.update(key, ({ saved: _, conflict: __, ...rest }) => rest);
  }
}

/** Compares all open documents with what the server has. */
export async function checkAll(): Promise<void> {
  const list = await api.graphs.list().catch(() => undefined);
  if (list === undefined) return;
  for (const { saved } of useDocuments.getState().tabs) {
    if (saved === undefined) continue;
    const now = list.find((graph) => graph.id === saved.id);
    if (now === undefined) removedElsewhere(saved.id);
    else await savedElsewhere(now);
  }
}
