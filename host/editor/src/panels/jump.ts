/** Going to a place of the active document. */
import { useView } from "../app/view";
import { useDocuments } from "../documents/store";
import { activeDocument } from "../runs/active";
import { instancePath } from "../runs/names";
import type { Place } from "./places";

/** Shows the place: edits its scope, selects the node and brings it into sight. */
export function jumpTo({ scope, node, input }: Place): void {
  const document = activeDocument();
  if (!document) return;
  if (document.scope !== scope) {
    while ((activeDocument()?.scopes.length ?? 0) > 0) useDocuments.getState().leave();
    if (scope !== null) useDocuments.getState().enter(scope, instancePath(document.graph, scope)?.split("/").at(-1));
  }
  useDocuments.getState().select([node]);
  useView.getState().revealNode(node, input);
}
