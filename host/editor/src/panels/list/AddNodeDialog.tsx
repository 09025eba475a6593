/** Finds a node type by words and adds a node of it: arrow keys choose, Enter adds. */
import { useId, useMemo, useState } from "react";

import { useCatalog } from "../../documents/catalog";
import type { Document } from "../../documents/store";
import { searchNodes, subgraphTypes } from "../../graph/search";
import { Dialog } from "../../ui/Dialog";

interface AddNodeDialogProps {
  document: Document;
  onAdd: (type: string) => void;
  onClose: () => void;
}

export function AddNodeDialog({ document, onAdd, onClose }: AddNodeDialogProps) {
  const catalog = useCatalog();
  const id = useId();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const hits = useMemo(
    () => searchNodes(catalog, query, [], subgraphTypes(document.graph, document.scope, catalog)),
    [catalog, query, document.graph, document.scope],
  );
  const chosen = hits[Math.min(at, hits.length - 1)];

  const moveTo = (index: number) => {
    const next = Math.min(hits.length - 1, Math.max(0, index));
    setAt(next);
    window.document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
  };

  return (
    <Dialog title="Add a node" width={520} onClose={onClose}>
      <div className="add-node-dialog">
        <input
          className="search"
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={chosen && `${id}-${hits.indexOf(chosen)}`}
          aria-label="Search node types"
          placeholder="Name, category or what it does"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
            if (to !== undefined) moveTo(to);
            else if (event.key === "Enter" && chosen) onAdd(chosen.definition.id);
            else return;
            event.preventDefault();
          }}
        />
        <ul className="options" role="listbox" id={id} aria-label="Node types">
          {hits.map(({ definition, title }, index) => (
            <li
              key={definition.id}
              id={`${id}-${index}`}
              role="option"
              aria-selected={definition === chosen?.definition}
              className={definition === chosen?.definition ? "chosen" : ""}
              onClick={() => onAdd(definition.id)}
              onPointerMove={() => setAt(index)}
            >
              <strong>{title}</strong> <span className="muted">{definition.category}</span>
              {definition.description && <span className="option-about">{definition.description}</span>}
            </li>
          ))}
        </ul>
        {hits.length === 0 && <p className="muted">No node fits “{query}”.</p>}
      </div>
    </Dialog>
  );
}
