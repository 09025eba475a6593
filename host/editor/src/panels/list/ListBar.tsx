/** What can be done to the graph in the list. */
import { Copy, CornerLeftUp, FolderInput, Play, Plus, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";

import { edit, select } from "../../canvas/active";
import type { Document } from "../../documents/store";
import { useDocuments } from "../../documents/store";
import { bodyOf, instanceOf, nodeOf } from "../../graph/body";
import { duplicate } from "../../graph/clipboard";
import { addNode, removeNodes } from "../../graph/nodes";
import { placeOf } from "../../graph/places";
import { useRuns } from "../../runs/store";
import { Button } from "../../ui/Button";
import { isTyping } from "../../ui/keys";
import { act } from "../act";
import { AddNodeDialog } from "./AddNodeDialog";

/** Where a new node goes: right of everything there is, in editor pixels. */
const GAP = 280;

export function ListBar({ document, onAdded }: { document: Document; onAdded: () => void }) {
  const [adding, setAdding] = useState(false);
  const [name] = document.selection.size === 1 ? document.selection : [];
  const node = name === undefined ? undefined : nodeOf(document.graph, document.scope, name);
  const definition = node && instanceOf(node);
  const { enter, leave } = useDocuments.getState();

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented;
      if (
        !plain ||
        window.document.querySelector("dialog[open], .popover") ||
        isTyping(event.target) ||
        !["a", "A", "Insert"].includes(event.key)
      )
        return;
      event.preventDefault();
      setAdding(true);
    };
    // While it goes down: the shell's command for this key opens the canvas's search.
    window.addEventListener("keydown", onKeyDown, true);
    return () => window.removeEventListener("keydown", onKeyDown, true);
  }, []);

  const add = (type: string) => {
    setAdding(false);
    const made = addNode(document.graph, document.scope, type, freePlace(document));
    edit("Add a node", () => made.graph);
    select([made.name]);
    onAdded();
  };

  return (
    <div className="list-bar" role="toolbar" aria-label="Graph">
      <Button icon={Plus} size="small" tone="primary" keys="A" onClick={() => setAdding(true)}>
        Add node
      </Button>
      {document.scope !== null && (
        <Button icon={CornerLeftUp} size="small" onClick={leave}>
          Leave {document.scope}
        </Button>
      )}
      {name !== undefined && (
        <>
          {definition !== undefined && (
            <Button icon={FolderInput} size="small" onClick={() => enter(definition, name)}>
              Open {definition}
            </Button>
          )}
          <Button icon={Play} size="small" onClick={() => void act(() => useRuns.getState().runTo(name))}>
            Run to {name}
          </Button>
          <Button
            icon={Copy}
            size="small"
            onClick={() => {
              const copied = duplicate(document.graph, document.scope, [name]);
              edit("Duplicate", () => copied.graph);
              select(copied.names);
            }}
          >
            Duplicate
          </Button>
          <Button
            icon={Trash2}
            size="small"
            onClick={() => edit(`Delete ${name}`, (graph, scope) => removeNodes(graph, scope, [name]))}
          >
            Delete
          </Button>
        </>
      )}
      {adding && <AddNodeDialog document={document} onAdd={add} onClose={() => setAdding(false)} />}
    </div>
  );
}

function freePlace({ graph, scope }: Document): [number, number] {
  const body = bodyOf(graph, scope);
  const places = Object.keys(body?.nodes ?? {}).flatMap((name) => {
    const place = placeOf(body, name);
    return place ? [place] : [];
  });
  if (places.length === 0) return [0, 0];
  const rightmost = places.reduce((best, place) => (place[0] > best[0] ? place : best));
  return [rightmost[0] + GAP, rightmost[1]];
}
