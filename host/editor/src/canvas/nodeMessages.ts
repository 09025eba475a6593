/** What is wrong with a node, or still missing, in sentences. */
import type { Port } from "../api/contract";
import { portTitle } from "../graph/catalog";
import { withArticle } from "../graph/kinds";
import { controlFor } from "../widgets/choose";
import type { Fault } from "./nodeView";

export interface Message {
  severity: "error" | "warning";
  text: string;
  /** Nothing is wrong: an input has no value yet. */
  missing?: boolean;
}

interface Node {
  type: string;
  known: boolean;
  unavailable: string | undefined;
  inputs: readonly Port[];
  faults: readonly Fault[];
}

/** Errors before what is only missing. */
export function messagesOf({ type, known, unavailable, inputs, faults }: Node): Message[] {
  const messages = faults.map((fault): Message => {
    const { severity, text, hint, input } = fault;
    if (fault.missing) return { severity, text: wish(inputs, input), missing: true };
    return { severity, text: [input && `${input}: `, text, hint && ` — ${hint}`].filter(Boolean).join("") };
  });
  messages.sort((a, b) => Number(a.missing ?? false) - Number(b.missing ?? false));
  if (!known && messages.length === 0) {
    const plugin = type.split("/")[0];
    messages.push({
      severity: "error",
      text: `Unknown node type. Plugin “${plugin}” would bring it; its values and wires are kept.`,
    });
  }
  if (unavailable !== undefined) messages.push({ severity: "warning", text: `Cannot run here: ${unavailable}` });
  return messages;
}

/** What to do about an input without a value. */
function wish(inputs: readonly Port[], input: string | undefined): string {
  const port = inputs.find((candidate) => candidate.name === input);
  if (!port) return `“${input}” needs a value.`;
  const title = portTitle(port);
  const control = controlFor(port);
  if (control === "file") return `Choose a file for “${title}”.`;
  if (control !== undefined) return `Set “${title}”, or wire ${withArticle(port.kind)} into it.`;
  return `Wire ${withArticle(port.kind)} into “${title}”.`;
}
