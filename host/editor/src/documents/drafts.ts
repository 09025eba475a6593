/** Keeps unsaved changes of saved graphs on the server, so that a crash or another machine loses nothing. */
import { api, ApiFailure } from "../api/client";
import type { Graph } from "../graph/document";
import { present } from "./history";
import { debouncedByKey } from "./schedule";
import { documents, useDocuments } from "./store";

const DELAY_MS = 500;

/** Autosaves drafts half a second after the last change until the result is called, which sends what is waiting. */
export function startDrafts(): () => void {
  /** What the server has as the draft of each document. */
  const sent = new Map<string, { id: string; graph: Graph }>();
  const turns = new Map<string, Promise<void>>();

  const send = async (key: string) => {
    const document = documents.document(key);
    if (document?.saved === undefined) return;
    const { id, version } = document.saved;
    const graph = present(document.history);
    const before = sent.get(key);
    try {
      if (document.dirty) {
        if (before?.id === id && before.graph === graph) return;
        await api.graphs.saveDraft(id, { graph, base_version: version });
        sent.set(key, { id, graph });
      } else if (before?.id === id || document.recovered) {
        sent.delete(key);
        await api.graphs.removeDraft(id);
      }
    } catch (error) {
      // The next change tries again, and the browser keeps the document as well.
      const current = error instanceof ApiFailure && error.status === 409 ? error.error.current_version : undefined;
      if (current !== undefined) documents.update(key, (now) => ({ ...now, conflict: { version: current } }));
    }
  };
  const inTurn = (key: string) => {
    const turn = (turns.get(key) ?? Promise.resolve()).then(() => send(key));
    turns.set(key, turn);
  };

  const timers = debouncedByKey(inTurn, DELAY_MS);
  // What comes back after a reload may not have been sent, and its draft has to go when it is saved.
  for (const tab of useDocuments.getState().tabs) if (tab.dirty) timers.soon(tab.key);
  const stop = useDocuments.subscribe(({ tabs }, before) => {
    if (tabs === before.tabs) return;
    for (const tab of tabs) {
      const was = before.tabs.find((it) => it.key === tab.key);
      if (was !== undefined && (was.history !== tab.history || was.clean !== tab.clean)) timers.soon(tab.key);
    }
    for (const tab of before.tabs) {
      if (documents.document(tab.key) !== undefined) continue;
      timers.cancel(tab.key);
      // Who closes a document has been asked about its changes.
      if (tab.saved !== undefined && (sent.delete(tab.key) || tab.recovered)) {
        const { id } = tab.saved;
        const turn = (turns.get(tab.key) ?? Promise.resolve()).then(() => api.graphs.removeDraft(id)).catch(() => {});
        turns.set(tab.key, turn);
      }
    }
  });
  return () => {
    stop();
    timers.now();
  };
}
