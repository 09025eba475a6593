/** The state of a node in the current run as an icon and a word. */
import { Ban, Check, CircleDashed, Clock, History, LoaderCircle, SkipForward, TriangleAlert } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { NodeRun } from "../api/contract";
import { duration } from "../ui/format";

const LOOK: Record<NodeRun["state"], { icon: LucideIcon; word: string }> = {
  queued: { icon: Clock, word: "Queued" },
  running: { icon: LoaderCircle, word: "Running" },
  cached: { icon: History, word: "Cached" },
  finished: { icon: Check, word: "Done" },
  failed: { icon: TriangleAlert, word: "Failed" },
  cancelled: { icon: Ban, word: "Cancelled" },
  skipped: { icon: SkipForward, word: "Skipped" },
};

/** The state in words: `Running 3 of 10`, `Done 640 ms`. */
export function stateText(run: NodeRun): string {
  const { word } = LOOK[run.state];
  if (run.state === "running" && run.total) return `${run.step ?? 0} of ${run.total}`;
  if (run.state === "finished" && run.ms !== undefined && run.ms >= 1) return `${word} ${duration(run.ms)}`;
  return word;
}

export function StateBadge({ run }: { run: NodeRun }) {
  const { icon: Icon } = LOOK[run.state] ?? { icon: CircleDashed };
  return (
    <span className={`state-badge ${run.state}`} title={run.message ?? run.error}>
      <Icon size={12} aria-hidden className={run.state === "running" ? "spin" : undefined} />
      {stateText(run)}
    </span>
  );
}
