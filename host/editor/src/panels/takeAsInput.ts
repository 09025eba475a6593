/** Giving a picture to the active document. */
import { useView } from "../app/view";
import { catalog, edit, select } from "../canvas/active";
import type { Asset } from "../api/contract";
import { bodyOf } from "../graph/body";
import type { Catalog } from "../graph/catalog";
import type { Document } from "../documents/store";
import { addNode } from "../graph/nodes";
import { portsOf } from "../graph/ports";
import { setInput } from "../graph/values";
import { activeDocument } from "../runs/active";

/** Node type that reads a picture, used when the document has no node that does. */
const LOAD_IMAGE = "image/LoadImage";

/**
 * Puts a picture into the document: into the selected node that reads a file, else into the only one there is, else
 * into a new node.
 */
export function takeAsInput(asset: Asset): void {
  const document = activeDocument();
  if (!document) return;
  const target = readerOf(document, catalog());
  if (target) {
    edit("Use as input", (graph, scope) => setInput(graph, scope, target.node, target.input, asset.reference));
    select([target.node]);
    useView.getState().notify(`${asset.name} is the ${target.input} of ${target.node} now.`, "success");
    return;
  }
  const { graph, name } = addNode(document.graph, document.scope, LOAD_IMAGE, [0, 0], {
    inputs: { file: asset.reference },
  });
  edit("Use as input", () => graph);
  select([name]);
  useView.getState().notify(`${asset.name} is read by the new node ${name}.`, "success");
}

/** The input of a node that holds a file: of the selected node, else of the only node that has one. */
function readerOf(document: Document, known: Catalog): { node: string; input: string } | undefined {
  const nodes = Object.entries(bodyOf(document.graph, document.scope)?.nodes ?? {});
  const readers = nodes.flatMap(([node, value]) => {
    const port = portsOf(document.graph, value, known).inputs.find((input) => input.widget === "file");
    return port ? [{ node, input: port.name }] : [];
  });
  const selected = readers.find((reader) => document.selection.has(reader.node));
  return selected ?? (readers.length === 1 ? readers[0] : undefined);
}
