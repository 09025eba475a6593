/** What the nodes of the current run wrote. */
import { ScrollText } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";

import { useRuns } from "../runs/store";
import { placeOfRunNode } from "../runs/names";
import type { LogLine } from "../runs/state";
import { Empty } from "./Empty";
import { jumpTo } from "./jump";
import "./panels.css";

const LEVELS = ["debug", "info", "warn", "error"] as const;
/** Distance from the end, in pixels, within which the panel follows new lines. */
const NEAR_END = 24;

export function LogPanel() {
  const log = useRuns((runs) => runs.log);
  const [least, setLeast] = useState<LogLine["level"]>("info");
  const scroll = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const lines = log.filter((line) => LEVELS.indexOf(line.level) >= LEVELS.indexOf(least));

  useLayoutEffect(() => {
    const box = scroll.current;
    if (box && following.current) box.scrollTop = box.scrollHeight;
  }, [lines.length]);

  return (
    <div className="panel">
      <div className="panel-bar">
        <label>
          From{" "}
          <select
            className="select"
            value={least}
            onChange={(event) => setLeast(event.target.value as LogLine["level"])}
          >
            {LEVELS.map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </label>
        <span className="muted">{lines.length === 1 ? "1 line" : `${lines.length} lines`}</span>
      </div>
      <div
        className="panel-scroll log"
        ref={scroll}
        role="log"
        aria-label="Log of the current run"
        tabIndex={0}
        onScroll={({ currentTarget: box }) => {
          following.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
        }}
      >
        {lines.length === 0 && (
          <Empty icon={ScrollText} title="No lines">
            What nodes write while they run appears here.
          </Empty>
        )}
        {lines.map((line) => (
          <Line key={line.number} line={line} />
        ))}
      </div>
    </div>
  );
}

function Line({ line: { level, node, message } }: { line: LogLine }) {
  const graph = useRuns((runs) => runs.current?.graph);
  return (
    <div className={`log-line ${level}`}>
      <span className="log-level">{level}</span>
      {node !== "" && (
        <button type="button" className="link" onClick={() => graph && jumpTo(placeOfRunNode(graph, node))}>
          {node}
        </button>
      )}
      <span className="log-message">{message}</span>
    </div>
  );
}
