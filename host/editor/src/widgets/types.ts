/** What every control of the registry gets. */
import type { Port } from "../api/contract";
import type { Json } from "../graph/document";

/** Where the input lies; absent in places that show an input without its node. */
export interface ControlPlace {
  document: string;
  scope: string | null;
  node: string;
}

export interface ControlProps {
  port: Port;
  /** What is set, else the default; undefined when there is neither. */
  value: Json | undefined;
  /** Whether the document sets it, rather than the definition. */
  isSet: boolean;
  /** Sets the value as one step of the undo history. */
  set: (value: Json) => void;
  /** Back to the default, or to nothing for an optional input. */
  clear: () => void;
  /** Accessible name. */
  label: string;
  /** What the control draws at its left end; absent when a label stands above it. */
  caption?: string | undefined;
  place?: ControlPlace | undefined;
}
