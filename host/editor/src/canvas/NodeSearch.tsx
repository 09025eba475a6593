/** The search for a node to add: by keyboard from the first letter, ranked by what fits a loose wire. */
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useCatalog } from "../documents/catalog";
import type { Catalog } from "../graph/catalog";
import { portTitle } from "../graph/catalog";
import type { Graph } from "../graph/document";
import { connects } from "../graph/kinds";
import { fittingNodes, type LooseEnd, searchNodes, subgraphTypes } from "../graph/search";
import type { FittingHit, Hit } from "../graph/search";
import { Popover } from "../ui/Popover";
import { activeDocument } from "./active";
import { add, addInto, placeFor } from "./actions/nodes";
import { categoryColor } from "./nodeView";
import { PortShape } from "./PortShape";
import { useRecent } from "./recent";
import { setCanvas, useCanvas } from "./store";
import type { NodeSearch } from "./store";

type Found = Hit & Partial<Pick<FittingHit, "port">>;

/** Shown at a time; more words find the rest. */
const MOST = 60;

export function NodeSearchPopover() {
  const search = useCanvas((canvas) => canvas.search);
  return search && <SearchList key={`${search.screen.x},${search.screen.y}`} search={search} />;
}

function SearchList({ search }: { search: NodeSearch }) {
  const catalog = useCatalog();
  const recent = useRecent((state) => state.types);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const hits = useMemo(() => find(catalog, query, recent, search), [catalog, query, recent, search]);
  const active = Math.min(at, hits.length - 1);
  const list = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => {
    const frame = requestAnimationFrame(() => field.current?.focus({ preventScroll: true }));
    return () => cancelAnimationFrame(frame);
  }, []);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const close = () => setCanvas({ search: undefined });
  const take = (hit: Found | undefined) => {
    if (!hit) return;
    close();
    if (search.into) {
      addInto(hit.definition, search.into.wire);
      return;
    }
    add(hit.definition, search.at ?? placeFor(hit.definition), {
      ...(search.wire ? { wire: search.wire } : {}),
      ...(hit.port ? { port: hit.port } : {}),
    });
  };
  const label = labelOf(search);
  return (
    <Popover anchor={search.screen} onClose={close} label={label} className="node-search">
      <div className="node-search-head">
        {search.wire && <PortShape kind={search.wire.kind} />}
        <input
          ref={field}
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-label={label}
          aria-activedescendant={hits.length > 0 ? `${id}-${active}` : undefined}
          placeholder={
            search.wire
              ? `Nodes that ${search.wire.direction === "from" ? "take" : "give"} ${search.wire.kind}`
              : "Search nodes"
          }
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") setAt(Math.min(hits.length - 1, active + 1));
            else if (event.key === "ArrowUp") setAt(Math.max(0, active - 1));
            else if (event.key === "Enter") take(hits[active]);
            else if (event.key !== "Tab") return;
            event.preventDefault();
          }}
        />
      </div>
      <ul ref={list} id={id} role="listbox" aria-label={label}>
        {hits.map((hit, index) => (
          <li
            key={hit.definition.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            className={index === active ? "active" : ""}
            onPointerMove={() => setAt(index)}
            onClick={() => take(hit)}
          >
            <span className={`category-dot category-${categoryColor(hit.definition.category)}`} aria-hidden />
            <span className="hit-text">
              <span className="hit-title">
                <span>
                  <Marked text={hit.title} places={hit.found} />
                </span>
                <span className="hit-category">{hit.definition.category}</span>
              </span>
              <span className="hit-description">{hit.definition.unavailable ?? hit.definition.description}</span>
            </span>
            {hit.port && (
              <span className="hit-port">
                <PortShape kind={hit.port.kind} size={10} />
                {portTitle(hit.port)}
              </span>
            )}
          </li>
        ))}
      </ul>
      {hits.length === 0 && <p className="picker-empty">No node fits. Try fewer letters.</p>}
    </Popover>
  );
}

function labelOf({ wire, into }: NodeSearch): string {
  if (into) return "Insert a node into the wire";
  return wire ? `Nodes that fit ${wire.kind}` : "Add a node";
}

function find(catalog: Catalog, query: string, recent: readonly string[], { wire, into }: NodeSearch): Found[] {
  const document = activeDocument();
  const subgraphs = document ? subgraphTypes(document.graph as Graph, document.scope, catalog) : [];
  if (into) {
    const takes = fittingNodes(catalog, { kind: into.from, direction: "output" }, query, recent, subgraphs);
    const gives = (hit: Found) => hit.definition.outputs.some((port) => connects(port.kind, into.to).ok);
    return takes.filter(gives).slice(0, MOST);
  }
  if (!wire) return searchNodes(catalog, query, recent, subgraphs).slice(0, MOST);
  const end: LooseEnd =
    wire.direction === "from"
      ? { kind: wire.kind, direction: "output" }
      : { kind: wire.kind, also: wire.also, direction: "input" };
  return fittingNodes(catalog, end, query, recent, subgraphs).slice(0, MOST);
}

function Marked({ text, places }: { text: string; places: ReadonlySet<number> }) {
  return [...text].map((character, index) =>
    places.has(index) ? <mark key={index}>{character}</mark> : <span key={index}>{character}</span>,
  );
}
