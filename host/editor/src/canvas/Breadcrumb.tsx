/** The way from the graph to the subgraph that is edited. */
import { ChevronRight } from "lucide-react";
import { useDocuments } from "../documents/store";
import { useActive } from "./active";
import { zoomToFit } from "./actions/view";

export function Breadcrumb() {
  const document = useActive();
  if (!document || document.scopes.length === 0) return null;
  const leaveTo = (depth: number) => {
    for (let left = document.scopes.length; left > depth; left -= 1) useDocuments.getState().leave();
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
          <button
            type="button"
            disabled={index === document.scopes.length - 1}
            aria-current={index === document.scopes.length - 1 ? "page" : undefined}
            onClick={() => leaveTo(index + 1)}
          >
            {scope}
          </button>
        </span>
      ))}
    </nav>
  );
}
