/** Opening what a run was made of. */
import { useView } from "../app/view";
import { api } from "../api/client";
import { useDocuments } from "../documents/store";

/** Opens the graph of a run as a new document. */
export async function openRunGraph(id: string): Promise<void> {
  const run = await api.runs.get(id);
  useDocuments.getState().newDocument(run.graph, run.title);
  useView.getState().closeDialog();
}
