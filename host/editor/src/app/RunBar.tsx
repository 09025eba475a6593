/** Run, cancel, and how far the run has come. */
import { Play, Square } from "lucide-react";
import { fractionDone } from "../panels/progress";
import { useRuns } from "../runs/store";
import { useTimeLeft } from "../runs/useTimeLeft";
import { Button } from "../ui/Button";
import { duration } from "../ui/format";
import { command } from "./commands";
import { runCommand } from "./useShortcuts";
import { useView } from "./view";

export function RunBar() {
  const current = useRuns((runs) => runs.current);
  const queued = useRuns((runs) => runs.runs.filter((run) => run.status === "queued").length);
  const cancelling = useRuns((runs) => runs.current !== undefined && runs.cancelling.has(runs.current.id));
  const going = current && (current.status === "running" || current.status === "queued");
  const left = useTimeLeft();
  const fraction = current ? fractionDone(current, current.nodes) : 0;
  return (
    <div className="run-bar">
      {going && (
        <div className="run-progress">
          <div
            className="run-track"
            role="progressbar"
            aria-label="Run"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(fraction * 100)}
          >
            <span style={{ width: `${fraction * 100}%` }} />
          </div>
          <span className="run-text">
            {current.status === "queued"
              ? `Waiting, place ${(current.position ?? 0) + 1}`
              : `${Math.round(fraction * 100)} %`}
            {left !== undefined && left > 0 && ` · ${duration(left)} left`}
          </span>
        </div>
      )}
      {queued > 0 && (
        <button
          type="button"
          className="queue-count"
          onClick={() => useView.getState().open("queue")}
          title="Show the queue"
        >
          {queued} queued
        </button>
      )}
      {going && (
        <Button
          icon={Square}
          disabled={cancelling}
          hint="Cancel the run"
          keys="Mod+."
          onClick={() => void useRuns.getState().cancel(current.id)}
        >
          {cancelling ? "Cancelling…" : "Cancel"}
        </Button>
      )}
      <Button
        icon={Play}
        tone="primary"
        hint="Run the graph"
        keys="Mod+Enter"
        onClick={() => void runCommand(command("run.all"))}
      >
        Run
      </Button>
    </div>
  );
}
