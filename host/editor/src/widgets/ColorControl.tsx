/** A color as `#rrggbb` or `#rrggbbaa`: a swatch to pick it, a field to type it. */
import type { ControlProps } from "./types";
import { useDraft } from "./useDraft";

const COLOR = /^#([\da-f]{6}|[\da-f]{8})$/i;

export function ColorControl({ value, isSet, set, label, caption }: ControlProps) {
  const color = typeof value === "string" ? value : "";
  const draft = useDraft(color, (text) => set(withHash(text)));
  const valid = COLOR.test(withHash(draft.text));
  const alpha = color.length === 9 ? color.slice(7) : "";
  return (
    <div className={`control color-control nodrag ${isSet ? "" : "unset"} ${valid ? "" : "invalid"}`}>
      {caption !== undefined && <span className="control-caption">{caption}</span>}
      <input
        type="color"
        aria-label={`Pick ${label}`}
        value={COLOR.test(color) ? color.slice(0, 7) : "#000000"}
        onChange={(event) => draft.type(event.target.value + alpha)}
        onBlur={draft.flush}
      />
      <input
        className="color-text"
        value={draft.text}
        aria-label={label}
        aria-invalid={!valid}
        title={valid ? undefined : "Expected #rrggbb or #rrggbbaa"}
        spellCheck={false}
        onChange={(event) => draft.type(event.target.value)}
        onBlur={draft.flush}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter") draft.flush();
          if (event.key === "Escape") draft.reset();
        }}
      />
    </div>
  );
}

function withHash(text: string): string {
  return text.startsWith("#") || text === "" ? text : `#${text}`;
}
