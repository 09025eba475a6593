/** Edits the value of one input with the control that suits its port. */
import type { Port } from "../api/contract";
import type { Json } from "../graph/document";
import { controlFor } from "./choose";
import { controls } from "./registry";
import type { ControlPlace } from "./types";
import "./widgets.css";

interface InputWidgetProps {
  port: Port;
  /** What the document sets; undefined shows the default. */
  value: Json | undefined;
  set: (value: Json) => void;
  clear: () => void;
  /** Accessible name. */
  label: string;
  /** Drawn inside the control, where no label stands beside it. */
  caption?: string;
  /** Where the input lies; without it a seed has no mode. */
  place?: ControlPlace;
}

/** Nothing is drawn for a port whose values only come through wires. */
export function InputWidget({ port, value, set, clear, label, caption, place }: InputWidgetProps) {
  const name = controlFor(port);
  if (!name) return null;
  const Control = controls[name];
  return (
    <Control
      {...{ port, set, clear, label, caption, place }}
      value={value ?? port.default}
      isSet={value !== undefined}
    />
  );
}
