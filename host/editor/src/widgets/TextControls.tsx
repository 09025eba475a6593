/** A line of text and a text of several lines. */
import type { KeyboardEvent } from "react";
import type { ControlProps } from "./types";
import { useDraft } from "./useDraft";
import type { Draft } from "./useDraft";

export function TextControl({ port, value, isSet, set, label, caption }: ControlProps) {
  const draft = useDraft(asText(value), set);
  return (
    <label className={`control text-control nodrag ${isSet ? "" : "unset"}`}>
      {caption !== undefined && <span className="control-caption">{caption}</span>}
      <input
        value={draft.text}
        aria-label={label}
        placeholder={port.optional && value === undefined ? "not set" : ""}
        spellCheck={false}
        onChange={(event) => draft.type(event.target.value)}
        onBlur={draft.flush}
        onKeyDown={(event) => keys(event, draft, true)}
      />
    </label>
  );
}

export function TextAreaControl({ value, isSet, set, label, caption }: ControlProps) {
  const draft = useDraft(asText(value), set);
  return (
    <label className={`control textarea-control nodrag ${isSet ? "" : "unset"}`}>
      {caption !== undefined && <span className="control-caption">{caption}</span>}
      <textarea
        className="nowheel"
        value={draft.text}
        aria-label={label}
        onChange={(event) => draft.type(event.target.value)}
        onBlur={draft.flush}
        onKeyDown={(event) => keys(event, draft, false)}
      />
    </label>
  );
}

/** Enter commits a line, Escape leaves; so do the keys that run commands, which go on to the shell. */
function keys(event: KeyboardEvent<HTMLElement>, draft: Draft, line: boolean): void {
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Enter" || event.key.toLowerCase() === "s") draft.flush();
    return;
  }
  if (event.key === "Escape") {
    draft.flush();
    event.currentTarget.blur();
    event.currentTarget.closest<HTMLElement>(".react-flow__node")?.focus();
  }
  if (event.key === "Enter" && line) draft.flush();
  event.stopPropagation();
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
