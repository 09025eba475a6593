/** One row of the tree. In a graph of thousands of nodes only rows that changed are drawn again. */
import { ChevronDown, ChevronRight } from "lucide-react";
import { memo, type MouseEvent } from "react";

import { PortShape } from "../../canvas/PortShape";
import { StateBadge } from "../../canvas/StateBadge";
import { portTitle } from "../../graph/catalog";
import { useRuns } from "../../runs/store";
import { sameRow, type Row } from "./rows";

interface TreeRowProps {
  row: Row;
  selected: boolean;
  focusable: boolean;
  /** Problems of the node. */
  problems: number;
  onChoose: (tree: Element, row: Row) => void;
  onToggle: (node: string) => void;
}

export const TreeRow = memo(function TreeRow({ row, selected, focusable, problems, onChoose, onToggle }: TreeRowProps) {
  const isNode = row.kind === "node";
  const choose = (event: MouseEvent) => {
    const tree = event.currentTarget.closest("[role=tree]");
    if (tree) onChoose(tree, row);
  };
  return (
    <div
      role="treeitem"
      data-row={row.key}
      aria-level={isNode ? 1 : 2}
      aria-posinset={row.place}
      aria-setsize={row.count}
      aria-expanded={isNode ? row.expanded : undefined}
      aria-selected={selected}
      aria-label={isNode ? undefined : `${row.kind} ${portTitle(row.port)}: ${row.text}`}
      tabIndex={focusable ? 0 : -1}
      className={`tree-row ${isNode ? "of-node" : "of-port"} ${selected ? "selected" : ""}`}
      onClick={choose}
    >
      {isNode ? (
        <>
          <span className="tree-toggle" aria-hidden onClick={() => onToggle(row.node)}>
            {row.expanded ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
          </span>
          <strong className="tree-name">{row.node}</strong>
          <span className="visually-hidden">, </span>
          <span className="muted tree-type">{row.type}</span>
          <span className="visually-hidden">, </span>
          {!row.known && <span className="badge danger">Unknown type</span>}
          {row.state !== "normal" && <span className="badge">{row.state}</span>}
          {problems > 0 && (
            <span className="badge danger">{problems === 1 ? "1 problem" : `${problems} problems`}</span>
          )}
          <NodeState name={row.node} />
        </>
      ) : (
        <>
          <span className="tree-direction">{row.kind === "input" ? "in" : "out"}</span>
          <PortShape kind={row.port.kind} />
          <span>{portTitle(row.port)}</span>
          <span className={`tree-value ${row.text === "missing" ? "missing" : ""}`}>{row.text}</span>
        </>
      )}
    </div>
  );
}, areSame);

function NodeState({ name }: { name: string }) {
  const run = useRuns((runs) => runs.nodeRun(name));
  return run ? <StateBadge run={run} /> : null;
}

function areSame(a: TreeRowProps, b: TreeRowProps): boolean {
  const { row: rowA, ...restA } = a;
  const { row: rowB, ...restB } = b;
  return (
    sameRow(rowA, rowB) && (Object.keys(restA) as (keyof typeof restA)[]).every((key) => restA[key] === restB[key])
  );
}
