/** What is wrong with a node, and what to do about it. */
import { CircleHelp, TriangleAlert } from "lucide-react";
import type { CSSProperties } from "react";
import { useView } from "../app/view";
import type { NodeView } from "./nodeView";

export function NodeMessage({ view, style }: { view: NodeView; style: CSSProperties }) {
  const [first, ...more] = view.messages;
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
      {first.severity === "error" && !first.missing ? (
        <TriangleAlert size={14} aria-hidden />
      ) : (
        <CircleHelp size={14} aria-hidden />
      )}
      <span className="node-message-text">{first.text}</span>
      {more.length > 0 && <span className="node-message-more">+{more.length}</span>}
    </button>
  );
}
