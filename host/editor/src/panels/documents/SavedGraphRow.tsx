/** One saved graph, and on demand its versions. */
import { FilePen, History } from "lucide-react";
import { useState } from "react";

import { api } from "../../api/client";
import type { GraphInfo } from "../../api/contract";
import { useDocuments } from "../../documents/store";
import { IconButton } from "../../ui/Button";
import { ago } from "../../ui/format";
import { act } from "../act";
import { DeleteButton } from "./DeleteButton";
import { Versions } from "./Versions";

export function SavedGraphRow({ graph, onOpen }: { graph: GraphInfo; onOpen: () => void }) {
  const [showVersions, setShowVersions] = useState(false);
  const isOpen = useDocuments((documents) => documents.tabs.some((tab) => tab.saved?.id === graph.id));
  return (
    <li className="saved-graph">
      <div className="saved-head">
        <button type="button" className="saved-name" onClick={onOpen}>
          <strong>{graph.name}</strong>
          <span className="muted">
            Version {graph.version} · {ago(graph.saved_at)}
            {isOpen && " · open"}
          </span>
          {graph.has_draft && (
            <span className="badge warning">
              <FilePen size={12} aria-hidden /> Unsaved changes
            </span>
          )}
        </button>
        <IconButton
          icon={History}
          label={`Versions of ${graph.name}`}
          aria-expanded={showVersions}
          onClick={() => setShowVersions(!showVersions)}
        />
        <DeleteButton label={`Delete ${graph.name}`} onDelete={() => void act(() => api.graphs.remove(graph.id))} />
      </div>
      {showVersions && <Versions graph={graph} />}
    </li>
  );
}
