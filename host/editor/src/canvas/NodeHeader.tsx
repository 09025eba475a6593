/** Title, name and state of a node, and how far it has come. */
import { ChevronDown, ChevronRight, EyeOff, Layers, Redo2 } from "lucide-react";
import type { NodeRun } from "../api/contract";
import { IconButton } from "../ui/Button";
import { attempt, edit, select } from "./active";
import { openSubgraph } from "./actions/subgraphs";
import { focusNode } from "./actions/view";
import { HEADER } from "./geometry";
import type { NodeView } from "./nodeView";
import { RenameField } from "./RenameField";
import { StateBadge } from "./StateBadge";
import { setCanvas, useCanvas } from "./store";
import { renameNode } from "../graph/nodes";
import { setCollapsed } from "../graph/places";

export function NodeHeader({ view, run }: { view: NodeView; run: NodeRun | undefined }) {
  const { name, title, layout, node } = view;
  const renaming = useCanvas((canvas) => canvas.renaming?.kind === "node" && canvas.renaming.name === name);
  const isInstance = node.type.startsWith("#");
  const fold = () =>
    edit(layout.folded ? "Unfold" : "Fold", (graph, scope) => setCollapsed(graph, scope, [name], !layout.folded));
  return (
    <header
      className={`node-head category-${view.color}`}
      style={{ height: HEADER }}
      title={view.definition?.description}
      onDoubleClick={(event) => {
        event.stopPropagation();
        if (isInstance) openSubgraph(name);
        else setCanvas({ renaming: { kind: "node", name } });
      }}
    >
      <IconButton
        icon={layout.folded ? ChevronRight : ChevronDown}
        iconSize={14}
        className="node-fold nodrag"
        label={layout.folded ? "Unfold" : "Fold"}
        onClick={fold}
        tabIndex={-1}
      />
      <div className="node-names">
        <span className="node-title">
          {isInstance && <Layers size={12} aria-label="Subgraph" />}
          {title}
        </span>
        {renaming ? (
          <RenameField
            value={name}
            label="Name of the node"
            done={(next) => {
              setCanvas({ renaming: undefined });
              if (next === undefined) return;
              if (attempt("Rename", (graph, scope) => renameNode(graph, scope, name, next))) {
                select([next]);
                focusNode(next);
              }
            }}
          />
        ) : (
          <span className="node-name">{view.known ? name : `${name} · ${node.type}`}</span>
        )}
      </div>
      {node.state === "muted" && (
        <span className="mode-badge">
          <EyeOff size={12} aria-hidden />
          Muted
        </span>
      )}
      {node.state === "bypassed" && (
        <span className="mode-badge">
          <Redo2 size={12} aria-hidden />
          Bypassed
        </span>
      )}
      {run && (node.state ?? "normal") === "normal" && <StateBadge run={run} />}
      {run?.state === "running" && <Progress run={run} />}
    </header>
  );
}

function Progress({ run }: { run: NodeRun }) {
  const known = run.total !== undefined && run.total > 0;
  return (
    <div
      className={`node-progress ${known ? "" : "unknown"}`}
      role="progressbar"
      aria-valuemin={0}
      aria-valuemax={run.total ?? 1}
      {...(known ? { "aria-valuenow": run.step ?? 0 } : {})}
    >
      <span style={known ? { width: `${((run.step ?? 0) / (run.total ?? 1)) * 100}%` } : undefined} />
    </div>
  );
}
