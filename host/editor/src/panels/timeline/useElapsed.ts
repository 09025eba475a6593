/** The clock of a running timeline. */
import { useRef } from "react";

import type { Run } from "../../api/contract";
import { useClock } from "../../runs/useTimeLeft";

/**
 * Milliseconds since a run started, by the browser's clock since it was first seen running here: the server's clock
 * may differ. 0 when it does not run.
 */
export function useElapsed(run: Run): number {
  const now = useClock(run.status === "running");
  const begin = useRef<{ run: string; at: number }>(undefined);
  if (run.status !== "running") return 0;
  const latest = Math.max(0, ...Object.values(run.nodes).map((node) => (node.started_ms ?? 0) + (node.ms ?? 0)));
  // What is known to have happened already bounds the start from above.
  if (begin.current?.run !== run.id || now - begin.current.at < latest)
    begin.current = { run: run.id, at: now - latest };
  return now - begin.current.at;
}
