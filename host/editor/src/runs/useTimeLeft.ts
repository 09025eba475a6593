/** Looking at the clock while a run goes on. */
import { useEffect, useState } from "react";

import { useRuns } from "./store";

/** Milliseconds between two looks at the clock. */
const TICK_MS = 500;

/**
 * Milliseconds the current run, or one of its nodes, still takes, looked at twice a second while it runs; `undefined`
 * when nothing is known or nothing runs: `const left = useTimeLeft("sample")`.
 */
export function useTimeLeft(node?: string): number | undefined {
  const running = useRuns((runs) => runs.current?.status === "running");
  const now = useClock(running);
  return useRuns((runs) => (running ? round(runs.timeLeft(now, node)) : undefined));
}

/** `performance.now()`, looked at twice a second while `ticking`. */
export function useClock(ticking: boolean): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!ticking) return;
    const look = () => setNow(performance.now());
    look();
    const timer = setInterval(look, TICK_MS);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}

/** To tenths of a second, so that events between two looks draw nothing anew. */
function round(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms / 100) * 100;
}
