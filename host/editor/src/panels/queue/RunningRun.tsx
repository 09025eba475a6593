/** The run that goes on, with its progress. */
import { CircleStop } from "lucide-react";

import type { RunSummary } from "../../api/contract";
import { entry } from "../../graph/record";
import { useRuns } from "../../runs/store";
import { useTimeLeft } from "../../runs/useTimeLeft";
import { Button } from "../../ui/Button";
import { duration } from "../../ui/format";
import { act } from "../act";
import { fractionDone } from "../progress";
import { RunDescription } from "../RunDescription";
import { RunStatus } from "../RunStatus";

export function RunningRun({ run }: { run: RunSummary }) {
  const detail = useRuns((state) => entry(state.details, run.id));
  const isCurrent = useRuns((state) => state.current?.id === run.id);
  const isCancelling = useRuns((state) => state.cancelling.has(run.id));
  const cancel = useRuns((state) => state.cancel);
  const left = useTimeLeft();
  const active = Object.entries(detail?.nodes ?? {}).filter(([, node]) => node.state === "running");
  return (
    <article className="run-card running">
      <header>
        <strong className="run-title">{run.title}</strong>
        <RunStatus status={run.status} />
      </header>
      <RunDescription run={run.id} />
      <progress aria-label={`Progress of ${run.title}`} max={1} value={fractionDone(run, detail?.nodes)} />
      <p className="muted">
        {run.done} of {run.total} nodes
        {active.map(([name, node]) => (
          <span key={name}>
            {" · "}
            {name}
            {node.total ? ` ${node.step ?? 0} of ${node.total}` : ""}
          </span>
        ))}
        {isCurrent && left !== undefined && ` · ${duration(left)} left`}
      </p>
      <div className="run-actions">
        <Button size="small" icon={CircleStop} disabled={isCancelling} onClick={() => void act(() => cancel(run.id))}>
          {isCancelling ? "Cancelling…" : "Cancel"}
        </Button>
      </div>
    </article>
  );
}
