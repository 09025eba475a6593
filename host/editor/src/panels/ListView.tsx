/**
 * The graph as a list: a tree of nodes with their inputs and outputs, and beside it everything about the selected one.
 *
 * The whole graph can be read and built here by keyboard and screen reader.
 */
import { useRef } from "react";

import { useActive } from "../canvas/active";
import { nodeOf } from "../graph/body";
import { GraphTree } from "./list/GraphTree";
import { ListBar } from "./list/ListBar";
import { NodeDetails } from "./node/NodeDetails";
import "./panels.css";

export function ListView() {
  const document = useActive();
  const details = useRef<HTMLDivElement>(null);
  const tree = useRef<HTMLDivElement>(null);
  if (!document) return null;
  const [name] = document.selection.size === 1 ? document.selection : [];
  const node = name === undefined ? undefined : nodeOf(document.graph, document.scope, name);

  const focusDetails = (input?: string) => {
    const field = input === undefined ? null : details.current?.querySelector(`[data-input="${CSS.escape(input)}"]`);
    field?.closest("details")?.setAttribute("open", "");
    focusFirst(field ?? details.current);
  };

  return (
    <div className="list-view" role="region" aria-label={`List of ${document.name}`}>
      <ListBar document={document} onAdded={() => focusDetails()} />
      <div className="list-columns">
        <GraphTree key={`${document.key} ${document.scope}`} ref={tree} document={document} onEdit={focusDetails} />
        <div
          className="list-details"
          ref={details}
          role="region"
          aria-label={name === undefined ? "Details" : `Details of ${name}`}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || event.defaultPrevented) return;
            tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
          }}
        >
          {name !== undefined && node ? (
            <NodeDetails key={`${document.key} ${document.scope} ${name}`} name={name} node={node} />
          ) : (
            <p className="muted list-hint">
              Choose a node to set its inputs and wires. Arrow keys move and open, Enter edits, Escape comes back, A
              adds a node, Delete removes one.
            </p>
          )}
        </div>
      </div>
    </div>
  );
}

const FOCUSABLE = "input:not([type=hidden]), textarea, select, button, [tabindex='0']";

function focusFirst(within: Element | null): void {
  // The details of a node that was just selected are drawn first.
  requestAnimationFrame(() => within?.querySelector<HTMLElement>(FOCUSABLE)?.focus());
}
