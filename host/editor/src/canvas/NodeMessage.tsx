/** What is wrong with a node, and what to do about it. */
import { CircleHelp, TriangleAlert } from "lucide-react";
import type { CSSProperties } from "react";
import { useView } from "../app/view";
import { portTitle } from "../graph/catalog";
import { withArticle } from "../graph/kinds";
import { controlFor } from "../widgets/choose";
import type { Fault, NodeView } from "./nodeView";

export function NodeMessage({ view, style }: { view: NodeView; style: CSSProperties }) {
  const [first, ...more] = messagesOf(view);
  if (!first) return null;
  const whole = [first, ...more].map((message) => message.text).join("\n");
  return (
    <button
      type="button"
      className={`node-message nodrag ${first.missing ? "missing" : first.severity}`}
      style={style}
      title={whole}
      onClick={() => useView.getState().open(view.known ? "problems" : "plugins")}
    >
      {first.severity === "error" && !first.missing ? <TriangleAlert size={14} aria-hidden /> : <CircleHelp size={14} aria-hidden />}
      <span className="node-message-text">{first.text}</span>
      {more.length > 0 && <span className="node-message-more">+{more.length}</span>}
    </button>
  );
}

interface Message {
  severity: "error" | "warning";
  text: string;
  missing?: boolean;
}

/** Errors before what is only missing. */
function messagesOf(view: NodeView): Message[] {
  const messages = view.faults.map((fault): Message => {
    const { severity, text, hint, input } = fault;
    if (fault.missing) return { severity, text: wish(view, fault), missing: true };
    return { severity, text: [input && `${input}: `, text, hint && ` — ${hint}`].filter(Boolean).join("") };
  });
  messages.sort((a, b) => Number(a.missing ?? false) - Number(b.missing ?? false));
  if (!view.known && messages.length === 0) {
    const plugin = view.node.type.split("/")[0];
    messages.push({ severity: "error", text: `Unknown node type. Plugin “${plugin}” would bring it; its values and wires are kept.` });
  }
  if (view.unavailable !== undefined) messages.push({ severity: "warning", text: `Cannot run here: ${view.unavailable}` });
  return messages;
}

/** What to do about an input without a value. */
function wish(view: NodeView, { input }: Fault): string {
  const port = view.inputs.find((candidate) => candidate.name === input);
  if (!port) return `“${input}” needs a value.`;
  const title = portTitle(port);
  const control = controlFor(port);
  if (control === "file") return `Choose a file for “${title}”.`;
  if (control !== undefined) return `Set “${title}”, or wire ${withArticle(port.kind)} into it.`;
  return `Wire ${withArticle(port.kind)} into “${title}”.`;
}
