/** The way from the graph to the subgraph that is edited. */
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { useDocuments } from "../documents/store";
import { useActive } from "./active";
import { renameSubgraph } from "./actions/subgraphs";
import { RenameField } from "./RenameField";
import { zoomToFit } from "./actions/view";

export function Breadcrumb() {
  const document = useActive();
  const [renaming, setRenaming] = useState<number>();
  if (!document || document.scopes.length === 0) return null;
  const leaveTo = (depth: number) => {
    for (let left = document.scopes.length; left > depth; left -= 1) useDocuments.getState().leave();
    zoomToFit();
  };
  // The scope that is edited loses its name; it is entered again by the new one.
  const rename = (from: string, to: string) => {
    if (!renameSubgraph(from, to)) return;
    useDocuments.getState().enter(to);
    zoomToFit();
  };
  return (
    <nav className="breadcrumb" aria-label="Subgraph">
      <button type="button" onClick={() => leaveTo(0)}>
        {document.name}
      </button>
      {document.scopes.map((scope, index) => (
        <span key={`${index}${scope}`}>
          <ChevronRight size={13} aria-hidden />
          {renaming === index ? (
            <RenameField
              value={scope}
              label="Name of the subgraph"
              done={(next) => {
                setRenaming(undefined);
                if (next !== undefined) rename(scope, next);
              }}
            />
          ) : (
            <button
              type="button"
              aria-current={index === document.scopes.length - 1 ? "page" : undefined}
              title="Double-click to rename"
              onClick={() => index < document.scopes.length - 1 && leaveTo(index + 1)}
              onDoubleClick={() => setRenaming(index)}
              onKeyDown={(event) => event.key === "F2" && setRenaming(index)}
            >
              {scope}
            </button>
          )}
        </span>
      ))}
    </nav>
  );
}
