/** The active document as the canvas uses it, and the ways to change it. */
import { useCatalogStore } from "../documents/catalog";
import { useDocuments } from "../documents/store";
import type { Document } from "../documents/store";
import { bodyOf } from "../graph/body";
import type { Scope } from "../graph/body";
import type { Catalog } from "../graph/catalog";
import type { Body, Graph } from "../graph/document";
import type { Outcome } from "../graph/outcome";
import { useView } from "../app/view";

/** The document in front; undefined while none is open. */
export function activeDocument(): Document | undefined {
  const { tabs, active } = useDocuments.getState();
  return tabs.find((tab) => tab.key === active);
}

/** {@link activeDocument} for a component. */
export function useActive(): Document | undefined {
  return useDocuments((state) => state.tabs.find((tab) => tab.key === state.active));
}

/** What a component needs of the active document, drawn again only when that changes. */
export function useActivePart<T>(select: (document: Document) => T): T | undefined {
  return useDocuments((state) => {
    const document = state.tabs.find((tab) => tab.key === state.active);
    return document && select(document);
  });
}

/** The definitions of the plugins at hand. */
export function catalog(): Catalog {
  return useCatalogStore.getState().catalog;
}

/** The part of the active document that is edited. */
export function activeBody(): Body | undefined {
  const document = activeDocument();
  return document && bodyOf(document.graph, document.scope);
}

/** Names of the selected nodes. */
export function selectedNames(): string[] {
  return [...(activeDocument()?.selection ?? [])];
}

/** Changes the edited part as one step of the undo history. */
export function edit(label: string, change: (graph: Graph, scope: Scope) => Graph): void {
  const document = activeDocument();
  if (document) useDocuments.getState().edit(label, (graph) => change(graph, document.scope));
}

/** As {@link edit} for something that may be refused; the reason is shown. Says whether it was done. */
export function attempt<T extends { readonly graph: Graph }>(
  label: string,
  change: (graph: Graph, scope: Scope) => Outcome<T>,
): (T & { readonly ok: true }) | undefined {
  const document = activeDocument();
  if (!document) return undefined;
  const outcome = change(document.graph, document.scope);
  if (!outcome.ok) {
    useView.getState().notify(outcome.reason, "error");
    return undefined;
  }
  edit(label, () => outcome.graph);
  return outcome;
}

/** Selects nodes of the active document. */
export function select(names: Iterable<string>): void {
  useDocuments.getState().select(new Set(names));
}
