/** Runs that wait, in their order: dragged by the handle, or moved with the arrow keys while the handle has the focus. */
import { GripVertical, X } from "lucide-react";
import { useRef, useState } from "react";
import type { KeyboardEvent, PointerEvent } from "react";

import type { RunSummary } from "../../api/contract";
import { useRuns } from "../../runs/store";
import { IconButton } from "../../ui/Button";
import { ago } from "../../ui/format";
import { act } from "../act";
import { RunDescription } from "../RunDescription";

/** A drag: the run, and the place it would get. */
interface Drag {
  id: string;
  to: number;
}

export function QueuedRuns({ runs }: { runs: readonly RunSummary[] }) {
  const list = useRef<HTMLOListElement>(null);
  const [drag, setDrag] = useState<Drag>();
  const move = useRuns((state) => state.move);
  const shown = drag ? reordered(runs, drag) : runs;

  const drop = () => {
    const from = runs.findIndex((run) => run.id === drag?.id);
    if (drag && from !== drag.to) void act(() => move(drag.id, drag.to));
    setDrag(undefined);
  };

  return (
    <section aria-label="Queued">
      <h3>Queued</h3>
      <ol
        className="plain-list"
        ref={list}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: placeAt(event.currentTarget, event.clientY) })}
        onPointerUp={drop}
        onPointerCancel={() => setDrag(undefined)}
      >
        {shown.map((run, index) => (
          <QueuedRun
            key={run.id}
            run={run}
            place={index}
            count={runs.length}
            dragged={drag?.id === run.id}
            onMove={(to) => void act(() => move(run.id, to))}
            onGrab={(pointer) => {
              // The list has the pointer, because a row that changes its place loses it.
              list.current?.setPointerCapture(pointer);
              setDrag({ id: run.id, to: index });
            }}
          />
        ))}
      </ol>
    </section>
  );
}

interface QueuedRunProps {
  run: RunSummary;
  place: number;
  count: number;
  dragged: boolean;
  onMove: (to: number) => void;
  onGrab: (pointer: number) => void;
}

function QueuedRun({ run, place, count, dragged, onMove, onGrab }: QueuedRunProps) {
  const cancel = useRuns((state) => state.cancel);

  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowUp: place - 1, ArrowDown: place + 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (to >= 0 && to < count) onMove(to);
  };

  return (
    <li className={`run-row ${dragged ? "dragged" : ""}`}>
      <button
        type="button"
        className="grip"
        aria-label={`Move ${run.title}, ${place + 1} of ${count} in the queue; arrow keys move it`}
        title="Drag, or press the arrow keys, to change the order"
        onKeyDown={onKeyDown}
        onPointerDown={(event: PointerEvent) => onGrab(event.pointerId)}
      >
        <GripVertical size={14} aria-hidden />
      </button>
      <span className="place">{place + 1}</span>
      <span className="run-about">
        <span className="run-title">{run.title}</span>
        <RunDescription run={run.id} />
      </span>
      <span className="muted">{ago(run.created_at)}</span>
      <IconButton icon={X} label={`Cancel ${run.title}`} onClick={() => void act(() => cancel(run.id))} />
    </li>
  );
}

/** The index of the row at a height of the window. */
function placeAt(list: HTMLElement, y: number): number {
  const rows = [...list.children].map((row) => row.getBoundingClientRect());
  const at = rows.findIndex((row) => y < row.bottom);
  return at < 0 ? Math.max(0, rows.length - 1) : at;
}

function reordered(runs: readonly RunSummary[], { id, to }: Drag): RunSummary[] {
  const moved = runs.find((run) => run.id === id);
  const others = runs.filter((run) => run.id !== id);
  return moved ? others.toSpliced(to, 0, moved) : others;
}
