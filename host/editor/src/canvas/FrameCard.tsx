/** A titled rectangle behind nodes, or a free Markdown note. */
import { NodeResizeControl } from "@xyflow/react";
import type { NodeProps, ResizeParams } from "@xyflow/react";
import { memo } from "react";
import { renameFrame, resizeFrame, setFrameNote } from "../graph/frames";
import { attempt, edit } from "./active";
import { isNote } from "./flow";
import type { FrameNode } from "./flow";
import { NoteText } from "./NoteText";
import { RenameField } from "./RenameField";
import { setCanvas, useCanvas } from "./store";

const SMALLEST = 80;

export const FrameCard = memo(function FrameCard({ data, selected }: NodeProps<FrameNode>) {
  const { title, frame } = data;
  const note = isNote(frame);
  const [, , width, height] = frame.rect;
  const far = useCanvas((canvas) => canvas.far);
  const resized = (_: unknown, to: ResizeParams) =>
    edit("Resize the frame", (graph, scope) => resizeFrame(graph, scope, title, [to.x, to.y, to.width, to.height]));
  return (
    <section
      className={`${note ? "note-card" : "frame"} ${selected ? "selected" : ""}`}
      style={{ width, height, ...(frame.color ? { "--frame-color": frame.color } : {}) } as React.CSSProperties}
    >
      <FrameTitle title={title} />
      {note && !far && <FrameNote title={title} note={frame.note ?? ""} />}
      {selected && (
        <NodeResizeControl
          position="bottom-right"
          minWidth={SMALLEST}
          minHeight={SMALLEST}
          onResizeEnd={resized}
          className="frame-resizer"
        />
      )}
    </section>
  );
});

function FrameTitle({ title }: { title: string }) {
  const renaming = useCanvas((canvas) => canvas.renaming?.kind === "frame" && canvas.renaming.name === title);
  return (
    <header
      className="frame-grip"
      onDoubleClick={(event) => {
        event.stopPropagation();
        setCanvas({ renaming: { kind: "frame", name: title } });
      }}
    >
      {renaming ? (
        <RenameField
          value={title}
          label="Title of the frame"
          done={(next) => {
            setCanvas({ renaming: undefined });
            if (next === undefined) return;
            const renamed = attempt("Rename the frame", (graph, scope) => renameFrame(graph, scope, title, next));
            if (renamed) setCanvas({ frames: new Set([next]) });
          }}
        />
      ) : (
        title
      )}
    </header>
  );
}

function FrameNote({ title, note }: { title: string; note: string }) {
  const editing = useCanvas((canvas) => canvas.noting?.kind === "frame" && canvas.noting.name === title);
  return (
    <NoteText
      text={note}
      label={`Text of ${title}`}
      editing={editing}
      begin={() => setCanvas({ noting: { kind: "frame", name: title } })}
      done={(text) => {
        setCanvas({ noting: undefined });
        // A note that becomes empty stays a note: one space keeps it from turning into a frame.
        if (text !== undefined) edit("Edit the note", (graph, scope) => setFrameNote(graph, scope, title, text || " "));
      }}
    />
  );
}
