/** A Markdown text that is edited where it stands: double-click or Enter begins, Escape or leaving it ends. */
import { useEffect, useRef } from "react";
import { Markdown } from "./Markdown";

interface NoteTextProps {
  text: string;
  label: string;
  editing: boolean;
  begin: () => void;
  /** Called with the new text, or nothing when it stays. */
  done: (text?: string) => void;
}

export function NoteText({ text, label, editing, begin, done }: NoteTextProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (editing) field.current?.focus({ preventScroll: true });
  }, [editing]);
  if (editing) {
    return (
      <textarea
        ref={field}
        className="note-field nodrag nowheel nopan"
        defaultValue={text}
        aria-label={label}
        placeholder="Markdown"
        onBlur={(event) => done(event.target.value === text ? undefined : event.target.value)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
    );
  }
  return (
    <div
      className="note-text nowheel"
      title="Double-click to edit"
      onDoubleClick={(event) => {
        event.stopPropagation();
        begin();
      }}
    >
      {text === "" ? <em>Double-click to write a note</em> : <Markdown text={text} />}
    </div>
  );
}
