/** Going to a place of the active document. */
import { useView } from "../app/view";
import { useDocuments } from "../documents/store";
import { activeDocument } from "../runs/active";
import { instancePath } from "../runs/names";
import type { Place } from "./places";

/** Shows the place: edits its scope, selects the node and brings it into sight, in the list when that is what is open. */
export function jumpTo({ scope, node, input }: Place): void {
  const opened = activeDocument();
  if (!opened) return;
  if (opened.scope !== scope) {
    while ((activeDocument()?.scopes.length ?? 0) > 0) useDocuments.getState().leave();
    if (scope !== null) useDocuments.getState().enter(scope, instancePath(opened.graph, scope)?.split("/").at(-1));
  }
  useDocuments.getState().select([node]);
  if (useView.getState().view === "list") focusRow(node);
  else useView.getState().revealNode(node, input);
}

/** Focuses the node's row of the list, once it is drawn. */
function focusRow(node: string): void {
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>(`[role=tree] [data-row="${CSS.escape(node)}"]`)?.focus();
  });
}
