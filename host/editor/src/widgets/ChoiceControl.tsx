/** One of several keys, with search. */
import { ChevronsUpDown } from "lucide-react";
import { useState } from "react";
import { Picker } from "./Picker";
import type { ControlProps } from "./types";

export function ChoiceControl({ port, value, isSet, set, label, caption }: ControlProps) {
  const [anchor, setAnchor] = useState<DOMRect>();
  const choices = port.choices ?? [];
  const current = typeof value === "string" ? value : undefined;
  const options = choices.map(({ key, title }) => ({ key, title: title ?? key }));
  const unknown = current !== undefined && !choices.some((choice) => choice.key === current);
  const title = options.find((option) => option.key === current)?.title ?? current;
  return (
    <>
      <button
        type="button"
        className={`control choice-control nodrag ${isSet ? "" : "unset"} ${unknown ? "invalid" : ""}`}
        aria-haspopup="listbox"
        aria-label={`${label}: ${title ?? "not set"}`}
        onClick={(event) => setAnchor(event.currentTarget.getBoundingClientRect())}
      >
        {caption !== undefined && <span className="control-caption">{caption}</span>}
        <span className="control-value">{title ?? <em>not set</em>}</span>
        <ChevronsUpDown size={12} aria-hidden />
      </button>
      {anchor && (
        <Picker
          anchor={anchor}
          label={label}
          options={options}
          current={current}
          pick={set}
          onClose={() => setAnchor(undefined)}
        />
      )}
    </>
  );
}
