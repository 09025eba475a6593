/** Which run a document shows. */
import type { RunSummary } from "../api/contract";
import { hasEnded } from "./state";

/** What ties runs to a document: its key in this browser, and the saved graph it is. */
export interface DocumentIdentity {
  key: string;
  savedId?: string | undefined;
}

/** Whether a run was started from the document in this browser, or elsewhere for the saved graph it is. */
export function isOf(
  run: Pick<RunSummary, "id" | "graph_id">,
  document: DocumentIdentity,
  ownerOf: (run: string) => string | undefined,
): boolean {
  const owner = ownerOf(run.id);
  if (owner !== undefined) return owner === document.key;
  return run.graph_id !== undefined && run.graph_id === document.savedId;
}

/** The one that runs, else the next in the queue, else the one that ended last. */
export function currentOf<R extends RunSummary>(runs: readonly R[]): R | undefined {
  return (
    runs.find((run) => run.status === "running") ??
    runs.find((run) => run.status === "queued") ??
    runs.find((run) => hasEnded(run.status))
  );
}
