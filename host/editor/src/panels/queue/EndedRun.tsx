/** A run that ended: what came of it, and what can be done with it. */
import { FolderOpen, RotateCcw, Trash2 } from "lucide-react";

import type { RunSummary } from "../../api/contract";
import { useRuns } from "../../runs/store";
import { IconButton } from "../../ui/Button";
import { ago, duration } from "../../ui/format";
import { act } from "../act";
import { openRunGraph } from "../openRun";
import { pictureOf, Thumbnail } from "../Thumbnail";
import { RunDescription } from "../RunDescription";
import { RunStatus } from "../RunStatus";

export function EndedRun({ run }: { run: RunSummary }) {
  const { retry, remove } = useRuns.getState();
  const picture = run.outputs.map(pictureOf).find((asset) => asset !== undefined);
  const took = run.started_at !== undefined && run.ended_at !== undefined ? run.ended_at - run.started_at : undefined;
  return (
    <li className="run-card ended">
      {picture && <Thumbnail asset={picture} size={96} alt="" />}
      <div className="run-about">
        <span className="run-title">{run.title}</span>
        <span className="run-facts">
          <RunStatus status={run.status} />
          <span className="muted">
            {ago(run.ended_at ?? run.created_at)}
            {took !== undefined && ` · ${duration(took)}`}
          </span>
        </span>
        <RunDescription run={run.id} />
        {run.error && <p className="run-error">{run.error}</p>}
      </div>
      <div className="run-actions">
        <IconButton icon={RotateCcw} label={`Run ${run.title} again`} onClick={() => void act(() => retry(run.id))} />
        <IconButton
          icon={FolderOpen}
          label={`Open the graph of ${run.title}`}
          onClick={() => void act(() => openRunGraph(run.id))}
        />
        <IconButton
          icon={Trash2}
          label={`Delete ${run.title}`}
          onClick={(event) => {
            focusBeside(event.currentTarget);
            void act(() => remove(run.id));
          }}
        />
      </div>
    </li>
  );
}

/** Moves the focus to the next run's button, so that it is not lost with the one that goes. */
function focusBeside(button: HTMLElement): void {
  const row = button.closest("li");
  const beside = row?.nextElementSibling ?? row?.previousElementSibling;
  const buttons = beside?.querySelectorAll("button");
  buttons?.[buttons.length - 1]?.focus();
}
