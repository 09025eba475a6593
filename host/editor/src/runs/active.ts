/** The document whose runs are shown. */
import { useDocuments, type Document } from "../documents/store";
import type { DocumentIdentity } from "./current";
import { runName } from "./names";

/** The active document; `undefined` while none is open. */
export function activeDocument(): Document | undefined {
  const { tabs, active } = useDocuments.getState();
  return tabs.find((tab) => tab.key === active);
}

/** What ties runs to a document. */
export function identityOf(document: Document): DocumentIdentity {
  return { key: document.key, savedId: document.saved?.id };
}

/**
 * What a node of the edited scope is called in runs of the document: by the instances that were entered on the way
 * there, otherwise by the first instance there is.
 */
export function runNameIn(document: Document, node: string): string | undefined {
  const { graph, scope, scopes, instances } = document;
  const entered = instances.length === scopes.length && instances.every((name) => name !== "");
  return scope !== null && entered ? [...instances, node].join("/") : runName(graph, scope, node);
}
