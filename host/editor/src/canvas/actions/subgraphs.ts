/** Subgraphs: make, open, leave, unpack. */
import { useDocuments } from "../../documents/store";
import { instanceOf, nodeOf } from "../../graph/body";
import { detach, removeUnused, renameDefinition } from "../../graph/definitions";
import { makeSubgraph } from "../../graph/makeSubgraph";
import { unpack } from "../../graph/unpack";
import { activeDocument, attempt, catalog, edit, select, selectedNames } from "../active";
import { zoomToFit } from "./view";

/** Makes a subgraph of the selected nodes. */
export function makeSubgraphOfSelection(): void {
  const made = attempt("Make a subgraph", (graph, scope) =>
    makeSubgraph(graph, scope, selectedNames(), "Subgraph", catalog()),
  );
  if (made) select([made.instance]);
}

/** Edits the inside of the subgraph a node is an instance of. */
export function openSubgraph(name: string): void {
  const document = activeDocument();
  const node = document && nodeOf(document.graph, document.scope, name);
  const definition = node && instanceOf(node);
  if (definition === undefined) return;
  useDocuments.getState().enter(definition, name);
  zoomToFit();
}

/** Goes back to what the subgraph is part of. */
export function leaveSubgraph(): void {
  useDocuments.getState().leave();
  zoomToFit();
}

/** Puts the inside of the selected instances in their place. */
export function unpackSelection(): void {
  for (const name of selectedNames().filter(isInstance)) {
    attempt("Unpack the subgraph", (graph, scope) => unpack(graph, scope, name));
  }
}

/** Gives the selected instances copies of their own, so that changing one leaves the others alone. */
export function detachSelection(): void {
  for (const name of selectedNames().filter(isInstance)) {
    attempt("Make independent", (graph, scope) => detach(graph, scope, name));
  }
}

/** Gives a subgraph another name; says whether it did. */
export function renameSubgraph(from: string, to: string): boolean {
  return attempt("Rename the subgraph", (graph) => renameDefinition(graph, from, to)) !== undefined;
}

/** Removes the subgraphs that nothing uses. */
export function removeUnusedSubgraphs(): void {
  edit("Remove unused subgraphs", removeUnused);
}

/** Whether there are subgraphs that nothing uses. */
export function hasUnusedSubgraphs(): boolean {
  const graph = activeDocument()?.graph;
  return graph !== undefined && removeUnused(graph) !== graph;
}

/** Whether a node of the edited part is an instance of a subgraph. */
export function isInstance(name: string): boolean {
  const document = activeDocument();
  const node = document && nodeOf(document.graph, document.scope, name);
  return node !== undefined && instanceOf(node) !== undefined;
}
