/** Which control edits a port: its `widget` when that is known and fits, else what suits its kind. */
import type { Port } from "../api/contract";

export type ControlName =
  "choice" | "color" | "file" | "mask" | "model" | "number" | "seed" | "slider" | "switch" | "text" | "textarea";

/** The kinds each named widget can edit; a widget on another kind is ignored. */
const SUITS: Readonly<Record<ControlName, readonly string[]>> = {
  choice: ["choice"],
  color: ["text"],
  file: ["bytes"],
  mask: ["bytes", "mask"],
  model: ["text"],
  number: ["int", "float"],
  seed: ["int"],
  slider: ["int", "float"],
  switch: ["bool"],
  text: ["text"],
  textarea: ["text"],
};

/** The control for a port; undefined when values of its kind only come through wires. */
export function controlFor(port: Port): ControlName | undefined {
  const wanted = port.widget as ControlName | undefined;
  if (wanted !== undefined && Object.hasOwn(SUITS, wanted) && SUITS[wanted].includes(port.kind)) return wanted;
  switch (port.kind) {
    case "bool":
      return "switch";
    case "int":
    case "float":
      return port.soft_range?.min !== undefined && port.soft_range.max !== undefined ? "slider" : "number";
    case "text":
      return "text";
    case "choice":
      return "choice";
    case "bytes":
      return "file";
    default:
      return undefined;
  }
}
