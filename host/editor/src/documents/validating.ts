/** Asks the server about the problems of each document, a moment after it changed. */
import { api } from "../api/client";
import type { Graph } from "../graph/document";
import { useCatalogStore } from "./catalog";
import type { Document } from "./document";
import { present } from "./history";
import { debouncedByKey } from "./schedule";
import { documents, useDocuments } from "./store";

const DELAY_MS = 300;

/** Keeps `problems` of all open documents up to date until the result is called. */
export function startValidating(): () => void {
  const asked = new Map<string, Graph>();
  const requests = new Map<string, AbortController>();

  const ask = async (key: string) => {
    const document = documents.document(key);
    if (document === undefined) return;
    const graph = present(document.history);
    asked.set(key, graph);
    requests.get(key)?.abort();
    const request = new AbortController();
    requests.set(key, request);
    try {
      const { problems } = await api.validate(graph, request.signal);
      documents.update(key, (now) => (request.signal.aborted ? now : { ...now, problems }));
    } catch {
      // Without an answer the problems stay as they are; the next change asks again.
      if (asked.get(key) === graph) asked.delete(key);
    }
  };

  const timers = debouncedByKey((key) => void ask(key), DELAY_MS);
  const look = (tabs: readonly Document[]) => {
    for (const { key, history } of tabs) {
      const before = asked.get(key);
      if (before === undefined || !sameLogic(before, present(history))) timers.soon(key);
    }
    for (const key of asked.keys()) {
      if (documents.document(key) !== undefined) continue;
      timers.cancel(key);
      requests.get(key)?.abort();
      asked.delete(key);
    }
  };

  look(useDocuments.getState().tabs);
  const stopDocuments = useDocuments.subscribe(({ tabs }, before) => {
    if (tabs === before.tabs) return;
    const changed = tabs.filter((tab) => before.tabs.find((it) => it.key === tab.key)?.history !== tab.history);
    look(changed);
  });
  const stopCatalog = useCatalogStore.subscribe(() => {
    asked.clear();
    look(useDocuments.getState().tabs);
  });
  return () => {
    stopDocuments();
    stopCatalog();
    for (const { key } of useDocuments.getState().tabs) timers.cancel(key);
    for (const request of requests.values()) request.abort();
  };
}

/** Whether two graphs differ in nothing that has problems: places never have. */
function sameLogic(a: Graph, b: Graph): boolean {
  return a.nodes === b.nodes && a.definitions === b.definitions && a.exposed === b.exposed && a.requires === b.requires;
}
