/** How much of a run is done. */
import type { NodeRun, RunSummary } from "../api/contract";

/** From 0 to 1; steps of running nodes count as parts of their node. */
export function fractionDone(run: RunSummary, nodes: Readonly<Record<string, NodeRun>> = {}): number {
  if (run.total === 0) return run.status === "finished" ? 1 : 0;
  const parts = Object.values(nodes)
    .filter((node) => node.state === "running" && node.total)
    .reduce((sum, node) => sum + (node.step ?? 0) / (node.total ?? 1), 0);
  return Math.min(1, (run.done + parts) / run.total);
}
