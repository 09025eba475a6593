/** On or off. */
import type { ControlProps } from "./types";

export function SwitchControl({ value, isSet, set, label, caption }: ControlProps) {
  const on = value === true;
  return (
    <label className={`control switch-control nodrag ${isSet ? "" : "unset"}`}>
      {caption !== undefined && <span className="control-caption">{caption}</span>}
      <input
        type="checkbox"
        role="switch"
        checked={on}
        aria-label={label}
        onChange={(event) => set(event.target.checked)}
        onKeyDown={(event) => {
          if (event.key === "Enter") set(!on);
        }}
      />
      <span className="switch-track" aria-hidden />
      <span className="control-value">{value === undefined ? "not set" : on ? "on" : "off"}</span>
    </label>
  );
}
