/** Tells screen readers how the run of the document goes on. */
import { useEffect, useRef, useState } from "react";

import type { Run } from "../api/contract";
import { useRuns } from "../runs/store";
import { duration } from "../ui/format";

export function RunAnnouncer() {
  const current = useRuns((runs) => runs.current);
  const starting = useRuns((runs) => runs.starting);
  const told = useRef<string>(undefined);
  const [text, setText] = useState("");
  const key = current && `${current.id} ${current.status}`;

  useEffect(() => {
    // What ended before the page was opened is no news.
    const isOld = told.current === undefined && current?.ended_at !== undefined && !starting;
    if (key !== told.current && current && !isOld) setText(announcementOf(current));
    told.current = key ?? "";
  }, [key, current, starting]);

  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
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
      const time = started_at !== undefined && ended_at !== undefined ? ` after ${duration(ended_at - started_at)}` : "";
      return `${title} is done${time}, ${outputs.length} results.`;
    }
    case "failed":
      return `${title} failed: ${error ?? "no reason was given"}.`;
    default:
      return `${title} was ${status} after ${done} of ${total} nodes.`;
  }
}
