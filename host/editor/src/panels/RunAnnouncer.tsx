/** Tells screen readers how the run of the document goes on. */
import { useEffect, useRef, useState } from "react";

import type { Run } from "../api/contract";
import { hasEnded } from "../runs/state";
import { useRuns } from "../runs/store";
import { duration } from "../ui/format";

export function RunAnnouncer() {
  const current = useRuns((runs) => runs.current);
  const last = useRef<Run>(undefined);
  const [text, setText] = useState("");

  useEffect(() => {
    if (current && isNews(current, last.current)) setText(announcementOf(current));
    last.current = current;
  }, [current]);

  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
}

/** Whether the run shows something new. One that ended before it was shown, as in another document, does not. */
export function isNews(run: Run, before: Run | undefined): boolean {
  return before?.id === run.id ? before.status !== run.status : !hasEnded(run.status);
}

/** A sentence about the run's status. */
export function announcementOf(run: Run): string {
  const { title, status, position, done, total, error, started_at, ended_at, outputs } = run;
  switch (status) {
    case "queued":
      return position ? `${title} waits in the queue behind ${position} other runs.` : `${title} is next in the queue.`;
    case "running":
      return `${title} runs, ${total} nodes.`;
    case "finished": {
      const time =
        started_at !== undefined && ended_at !== undefined ? ` after ${duration(ended_at - started_at)}` : "";
      return `${title} is done${time}, ${outputs.length} results.`;
    }
    case "failed":
      return `${title} failed: ${error ?? "no reason was given"}.`;
    default:
      return `${title} was ${status} after ${done} of ${total} nodes.`;
  }
}
