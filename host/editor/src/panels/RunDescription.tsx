/** What a run was made with. Its graph is asked for when the description comes into sight. */
import { useEffect, useRef } from "react";

import { entry } from "../graph/record";
import { describeRun } from "../runs/describe";
import { fetchDetails, useRuns } from "../runs/store";

export function RunDescription({ run }: { run: string }) {
  const graph = useRuns((runs) => entry(runs.details, run)?.graph);
  const element = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (graph || !element.current) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((seen) => seen.isIntersecting)) return;
      observer.disconnect();
      void fetchDetails(run);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [graph, run]);
  const text = graph ? describeRun(graph) : "";
  return (
    <span ref={element} className="run-description muted" title={text}>
      {text || "\u00a0"}
    </span>
  );
}
