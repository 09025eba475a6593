/** One row of the tree. */
import { ChevronDown, ChevronRight } from "lucide-react";
import type { MouseEvent } from "react";

import { catalog } from "../../canvas/active";
import { PortShape } from "../../canvas/PortShape";
import { StateBadge } from "../../canvas/StateBadge";
import type { Document } from "../../documents/store";
import { nodeOf } from "../../graph/body";
import { portTitle } from "../../graph/catalog";
import { portsOf } from "../../graph/ports";
import { useRuns } from "../../runs/store";
import { placeOfPath } from "../places";
import type { Row } from "./rows";

interface TreeRowProps {
  row: Row;
  document: Document;
  selected: boolean;
  focusable: boolean;
  onChoose: (tree: Element) => void;
  onToggle: () => void;
}

export function TreeRow({ row, document, selected, focusable, onChoose, onToggle }: TreeRowProps) {
  const isNode = row.kind === "node";
  const choose = (event: MouseEvent) => {
    const tree = event.currentTarget.closest("[role=tree]");
    if (tree) onChoose(tree);
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
          <span className="tree-toggle" aria-hidden onClick={onToggle}>
            {row.expanded ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
          </span>
          <NodeText name={row.node} document={document} />
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
}

function NodeText({ name, document }: { name: string; document: Document }) {
  const node = nodeOf(document.graph, document.scope, name);
  const run = useRuns((runs) => runs.nodeRun(name));
  if (!node) return null;
  const { title, known } = portsOf(document.graph, node, catalog());
  const problems = document.problems.filter((problem) => {
    const place = placeOfPath(problem.path);
    return place?.scope === document.scope && place.node === name;
  });
  return (
    <>
      <strong className="tree-name">{name}</strong>
      <span className="visually-hidden">, </span>
      <span className="muted tree-type">{title}</span>
      <span className="visually-hidden">, </span>
      {!known && <span className="badge danger">Unknown type</span>}
      {node.state && node.state !== "normal" && <span className="badge">{node.state}</span>}
      {problems.length > 0 && (
        <span className="badge danger">
          {problems.length} {problems.length === 1 ? "problem" : "problems"}
        </span>
      )}
      {run && <StateBadge run={run} />}
    </>
  );
}
