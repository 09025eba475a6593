/** When each node of the current run ran, and how long. */
import { ChartGantt } from "lucide-react";

import type { Run } from "../api/contract";
import { StateBadge } from "../canvas/StateBadge";
import { useRuns } from "../runs/store";
import { placeOfRunNode } from "../runs/names";
import { duration } from "../ui/format";
import { Empty } from "./Empty";
import { jumpTo } from "./jump";
import { RunStatus } from "./RunStatus";
import { marksOf, timelineOf, type Bar } from "./timeline/bars";
import { useElapsed } from "./timeline/useElapsed";
import "./panels.css";

export function TimelinePanel() {
  const run = useRuns((state) => state.current);
  if (!run) {
    return (
      <div className="panel">
        <Empty icon={ChartGantt} title="Nothing was run yet">
          After a run, this shows when each node ran, how long, and what was taken from the cache.
        </Empty>
      </div>
    );
  }
  return <RunTimeline run={run} />;
}

function RunTimeline({ run }: { run: Run }) {
  const elapsed = useElapsed(run);
  const { bars, total, work } = timelineOf(run, elapsed);
  const cached = bars.filter((bar) => bar.state === "cached").length;
  return (
    <div className="panel">
      <div className="panel-bar">
        <RunStatus status={run.status} />
        <span className="muted">
          {exact(total)} in all · {exact(work)} of work{cached > 0 && ` · ${cached} of ${bars.length} cached`}
        </span>
      </div>
      <div className="panel-scroll">
        <table className="timeline">
          <caption className="visually-hidden">Nodes of {run.title} in the order of their starts</caption>
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col" className="timeline-axis">
                <span className="visually-hidden">Start and length</span>
                {marksOf(total, 3).map((mark) => (
                  <span key={mark} className="timeline-mark" style={{ left: `${share(mark, total)}%` }}>
                    {duration(mark)}
                  </span>
                ))}
              </th>
              <th scope="col">Time</th>
            </tr>
          </thead>
          <tbody>
            {bars.map((bar) => (
              <TimelineRow key={bar.node} bar={bar} total={total} run={run} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function TimelineRow({ bar, total, run }: { bar: Bar; total: number; run: Run }) {
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          className="link"
          onClick={() => jumpTo(placeOfRunNode(run.graph, bar.node))}
          title={bar.node}
        >
          {bar.node}
        </button>
      </th>
      <td className="timeline-track">
        {bar.start !== undefined && bar.state !== "cached" && (
          <span
            className={`timeline-bar ${bar.state}`}
            style={{ left: `${share(bar.start, total)}%`, width: `${share(bar.ms, total)}%` }}
            title={`Started after ${exact(bar.start)}`}
          />
        )}
        {bar.state !== "finished" && <StateBadge run={bar.run} />}
      </td>
      <td className="number">{bar.start === undefined || bar.state === "cached" ? "–" : exact(bar.ms)}</td>
    </tr>
  );
}

function share(ms: number, total: number): number {
  return total > 0 ? Math.min(100, (ms / total) * 100) : 0;
}

/** Milliseconds exactly: `1 234 ms`. */
function exact(ms: number): string {
  return `${Math.round(ms).toLocaleString("en-US").replaceAll(",", "\u202f")} ms`;
}
