/** Run, progress, cancel. On narrow screens it stays at the lower edge. */
import { CircleStop, Play } from "lucide-react";

import { act } from "../panels/act";
import { fractionDone } from "../panels/progress";
import { RunStatus } from "../panels/RunStatus";
import { hasEnded } from "../runs/state";
import { useRuns } from "../runs/store";
import { useTimeLeft } from "../runs/useTimeLeft";
import { Button } from "../ui/Button";
import { duration } from "../ui/format";

export function FormRun() {
  const current = useRuns((runs) => runs.current);
  const refusal = useRuns((runs) => runs.refusal);
  const isCancelling = useRuns((runs) => current !== undefined && runs.cancelling.has(current.id));
  const { runAll, cancel } = useRuns.getState();
  const left = useTimeLeft();
  const preview = useRuns((runs) => (runs.previewCount > 0 ? runs.livePreview() : undefined));
  const going = current && !hasEnded(current.status) ? current : undefined;
  return (
    <div className="form-run">
      {refusal && (
        <p className="run-error" role="alert">
          {refusal.message}
        </p>
      )}
      {current?.status === "failed" && (
        <p className="run-error" role="alert">
          {current.error}
        </p>
      )}
      {going && (
        <div className="form-progress">
          {preview && <img className="form-progress-preview" src={preview} alt="" />}
          <progress aria-label="Progress" max={1} value={fractionDone(going, going.nodes)} />
          <span className="form-progress-text">
            <RunStatus status={going.status} />
            <span className="muted">
              {going.status === "queued" && going.position ? `behind ${going.position} others` : ""}
              {going.status === "running" && `${going.done} of ${going.total} nodes`}
              {left !== undefined && ` · ${duration(left)} left`}
            </span>
          </span>
        </div>
      )}
      <div className="form-buttons">
        {going && (
          <Button icon={CircleStop} disabled={isCancelling} onClick={() => void act(() => cancel(going.id))}>
            {isCancelling ? "Cancelling…" : "Cancel"}
          </Button>
        )}
        <Button icon={Play} tone="primary" className="run-button" onClick={() => void runAll().catch(() => {})}>
          {going ? "Run again" : "Run"}
        </Button>
      </div>
    </div>
  );
}
