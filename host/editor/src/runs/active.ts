/** The document whose runs are shown. */
import { useDocuments, type Document } from "../documents/store";
import type { DocumentIdentity } from "./current";

/** The active document; `undefined` while none is open. */
export function activeDocument(): Document | undefined {
  const { tabs, active } = useDocuments.getState();
  return tabs.find((tab) => tab.key === active);
}

/** What ties runs to a document. */
export function identityOf(document: Document): DocumentIdentity {
  return { key: document.key, savedId: document.saved?.id };
}
