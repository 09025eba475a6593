/** The tree of nodes, inputs and outputs; keys as in every tree: arrows, Home, End, letters. */
import { useCallback, useMemo, useState, type KeyboardEvent, type Ref } from "react";

import type { Problem } from "../../api/contract";
import { edit, select } from "../../canvas/active";
import { useCatalog } from "../../documents/catalog";
import type { Document } from "../../documents/store";
import { removeNodes } from "../../graph/nodes";
import { clearInput } from "../../graph/values";
import { placeOfPath } from "../places";
import { rowsOf, type Row } from "./rows";
import { TreeRow } from "./TreeRow";

interface GraphTreeProps {
  ref: Ref<HTMLDivElement>;
  document: Document;
  /** Enter on a row: edit the node, or one of its inputs. */
  onEdit: (input?: string) => void;
}

export function GraphTree({ ref, document, onEdit }: GraphTreeProps) {
  const catalog = useCatalog();
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState<string>();
  const { graph, scope, problems } = document;
  const rows = useMemo(() => rowsOf(graph, scope, catalog, expanded), [graph, scope, catalog, expanded]);
  const counts = useMemo(() => problemCounts(problems, scope), [problems, scope]);
  const [selected] = document.selection;
  // The row that has the focus, or would: the one last visited, else the selected node, else the first.
  const current = rows.find((row) => row.key === at) ?? rows.find((row) => row.key === selected) ?? rows[0];

  const go = useCallback((tree: Element, row: Row | undefined) => {
    if (!row) return;
    setAt(row.key);
    select([row.node]);
    tree.querySelector<HTMLElement>(`[data-row="${CSS.escape(row.key)}"]`)?.focus();
  }, []);
  const expand = (node: string, open: boolean) => {
    setExpanded((before) => new Set(open ? [...before, node] : [...before].filter((name) => name !== node)));
  };
  const toggle = useCallback((node: string) => {
    setExpanded(
      (before) => new Set(before.has(node) ? [...before].filter((name) => name !== node) : [...before, node]),
    );
  }, []);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (!current || event.ctrlKey || event.metaKey || event.altKey) return;
    const tree = event.currentTarget;
    const index = rows.indexOf(current);
    const handlers: Record<string, () => void> = {
      ArrowDown: () => go(tree, rows[index + 1]),
      ArrowUp: () => go(tree, rows[index - 1]),
      Home: () => go(tree, rows[0]),
      End: () => go(tree, rows.at(-1)),
      ArrowRight: () =>
        current.kind === "node" && !current.expanded
          ? expand(current.node, true)
          : current.kind === "node" && go(tree, rows[index + 1]),
      ArrowLeft: () =>
        current.kind === "node"
          ? expand(current.node, false)
          : go(
              tree,
              rows.find((row) => row.key === current.node),
            ),
      Enter: () => {
        select([current.node]);
        onEdit(current.kind === "input" ? current.port.name : undefined);
      },
      Delete: () => {
        const next =
          current.kind === "node"
            ? (rows.slice(index + 1).find((row) => row.kind === "node") ?? rows[index - 1])
            : current;
        removeRow(current);
        requestAnimationFrame(() => go(tree, next));
      },
    };
    const handler = handlers[event.key];
    const found = handler ? undefined : byLetter(rows, index, event.key);
    if (!handler && !found) return;
    event.preventDefault();
    event.stopPropagation();
    if (handler) handler();
    else go(tree, found);
  };

  return (
    <div className="tree" role="tree" ref={ref} aria-label={`Nodes of ${document.name}`} onKeyDown={onKeyDown}>
      {rows.map((row) => (
        <TreeRow
          key={row.key}
          row={row}
          selected={document.selection.has(row.node)}
          focusable={row === current}
          problems={counts.get(row.node) ?? 0}
          onChoose={go}
          onToggle={toggle}
        />
      ))}
      {rows.length === 0 && <p className="muted list-hint">The graph is empty. Press “Add node”.</p>}
    </div>
  );
}

function problemCounts(problems: readonly Problem[], scope: string | null): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of problems) {
    const place = placeOfPath(path);
    if (place?.scope === scope) counts.set(place.node, (counts.get(place.node) ?? 0) + 1);
  }
  return counts;
}

/** Removes a node, or what is set or wired at an input. */
function removeRow(row: Row): void {
  if (row.kind === "node") edit(`Delete ${row.node}`, (graph, scope) => removeNodes(graph, scope, [row.node]));
  if (row.kind === "input")
    edit(`Reset ${row.port.name}`, (graph, scope) => clearInput(graph, scope, row.node, row.port.name));
}

/** The next node whose name starts with the letter. */
function byLetter(rows: readonly Row[], index: number, key: string): Row | undefined {
  if (key.length !== 1 || key === " ") return undefined;
  const after = [...rows.slice(index + 1), ...rows.slice(0, index)];
  return after.find((row) => row.kind === "node" && row.node.toLowerCase().startsWith(key.toLowerCase()));
}
