/** Runs: the one that goes on, those that wait in their order, and those that ended. */
import { ListVideo, Pause, Play } from "lucide-react";
import { useState } from "react";

import { hasEnded } from "../runs/state";
import { PAGE, useRuns } from "../runs/store";
import { Button } from "../ui/Button";
import { keysText } from "../ui/keys";
import { act } from "./act";
import { Empty } from "./Empty";
import { EndedRun } from "./queue/EndedRun";
import { HistoryBar } from "./queue/HistoryBar";
import { QueuedRuns } from "./queue/QueuedRuns";
import { RunningRun } from "./queue/RunningRun";
import { useRunSearch } from "./useRunSearch";
import "./panels.css";

export function QueuePanel() {
  const runs = useRuns((state) => state.runs);
  const running = runs.filter((run) => run.status === "running");
  const queued = runs.filter((run) => run.status === "queued");
  const search = useRunSearch();
  const ended = search.runs.filter((run) => hasEnded(run.status));
  const searching = search.words.trim() !== "";
  return (
    <div className="panel">
      <QueueBar running={running.length} queued={queued.length} />
      <div className="panel-scroll">
        {runs.length === 0 && (
          <Empty icon={ListVideo} title="Nothing was run yet">
            Run the document with {keysText("Mod+Enter")}. Runs wait here in line, one goes on at a time, and you can
            close the browser meanwhile.
          </Empty>
        )}
        {running.length > 0 && (
          <section aria-label="Running">
            <h3>Running</h3>
            {running.map((run) => (
              <RunningRun key={run.id} run={run} />
            ))}
          </section>
        )}
        {queued.length > 0 && <QueuedRuns runs={queued} />}
        {(ended.length > 0 || searching) && (
          <section aria-label="Ended">
            <h3>Ended</h3>
            <HistoryBar search={search} count={ended.length} />
            {ended.length === 0 && <p className="muted">No run fits “{search.words.trim()}”.</p>}
            <ul className="plain-list">
              {ended.map((run) => (
                <EndedRun key={run.id} run={run} />
              ))}
            </ul>
            {!searching && ended.length >= PAGE && <OlderRuns />}
          </section>
        )}
      </div>
    </div>
  );
}

function QueueBar({ running, queued }: { running: number; queued: number }) {
  const { paused, pause, resume } = useRuns();
  return (
    <div className="panel-bar">
      <Button
        size="small"
        icon={paused ? Play : Pause}
        aria-pressed={paused}
        hint={paused ? "Let queued runs start" : "Let no further run start; the running one goes on"}
        onClick={() => void act(paused ? resume : pause)}
      >
        {paused ? "Resume" : "Pause"}
      </Button>
      <span className="muted">
        {paused ? "Paused · " : ""}
        {running} running · {queued} queued
      </span>
    </div>
  );
}

function OlderRuns() {
  const loadOlder = useRuns((state) => state.loadOlder);
  const [more, setMore] = useState(true);
  if (!more) return null;
  return (
    <Button size="small" className="wide" onClick={() => void act(loadOlder).then((left) => setMore(left ?? true))}>
      Show older runs
    </Button>
  );
}
