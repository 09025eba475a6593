/** What is wrong with a node, and what to do about it. */
import { CircleHelp, TriangleAlert } from "lucide-react";
import type { CSSProperties } from "react";
import { useView } from "../app/view";
import type { NodeView } from "./nodeView";

export function NodeMessage({ view, style }: { view: NodeView; style: CSSProperties }) {
  const [first, ...more] = messagesOf(view);
  if (!first) return null;
  const whole = [first, ...more].map((message) => message.text).join("\n");
  return (
    <button
      type="button"
      className={`node-message nodrag ${first.severity}`}
      style={style}
      title={whole}
      onClick={() => useView.getState().open(view.known ? "problems" : "plugins")}
    >
      {first.severity === "error" ? <TriangleAlert size={14} aria-hidden /> : <CircleHelp size={14} aria-hidden />}
      <span className="node-message-text">{first.text}</span>
      {more.length > 0 && <span className="node-message-more">+{more.length}</span>}
    </button>
  );
}

function messagesOf(view: NodeView): { severity: "error" | "warning"; text: string }[] {
  const messages = view.faults.map(({ severity, text, hint, input }) => ({
    severity,
    text: [input && `${input}: `, text, hint && ` — ${hint}`].filter(Boolean).join(""),
  }));
  if (!view.known && messages.length === 0) {
    const plugin = view.node.type.split("/")[0];
    messages.push({ severity: "error", text: `Unknown node type. Plugin “${plugin}” would bring it; its values and wires are kept.` });
  }
  if (view.unavailable !== undefined) messages.push({ severity: "warning", text: `Cannot run here: ${view.unavailable}` });
  return messages;
}
