/** The graphs saved on the server: open, look at versions, delete. */
import { FolderOpen } from "lucide-react";
import { useCallback, useEffect, useState } from "react";

import { useView } from "../app/view";
import { api } from "../api/client";
import type { GraphInfo } from "../api/contract";
import { live } from "../api/live";
import { useDocuments } from "../documents/store";
import { Dialog } from "../ui/Dialog";
import { keysText } from "../ui/keys";
import { act, messageOf } from "./act";
import { SavedGraphRow } from "./documents/SavedGraphRow";
import { Empty } from "./Empty";
import "./panels.css";

export function DocumentsDialog() {
  const open = useView((view) => view.dialog?.name === "documents");
  return open ? <SavedGraphs /> : null;
}

function SavedGraphs() {
  const closeDialog = useView((view) => view.closeDialog);
  const { graphs, failure } = useSavedGraphs();
  const [query, setQuery] = useState("");
  const found = graphs?.filter((graph) => graph.name.toLowerCase().includes(query.trim().toLowerCase()));

  const open = async (id: string) => {
    if ((await act(() => useDocuments.getState().openSaved(id))) !== undefined) closeDialog();
  };

  return (
    <Dialog title="Open" width={640} onClose={closeDialog}>
      <div className="documents">
        <input
          className="search"
          type="search"
          placeholder="Search saved documents"
          aria-label="Search saved documents"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            const first = found?.[0];
            if (event.key === "Enter" && first) void open(first.id);
          }}
        />
        {failure && <p className="run-error">{failure}</p>}
        {!graphs && !failure && <p className="muted">Asking the server…</p>}
        {graphs?.length === 0 && (
          <Empty icon={FolderOpen} title="Nothing saved yet">
            Save a document with {keysText("Mod+S")}; it is kept on the server with its last 50 versions.
          </Empty>
        )}
        {graphs && graphs.length > 0 && found?.length === 0 && (
          <p className="muted">No document is called “{query}”.</p>
        )}
        <ul className="plain-list">
          {found?.map((graph) => (
            <SavedGraphRow key={graph.id} graph={graph} onOpen={() => void open(graph.id)} />
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

/** The saved graphs, newest first, kept up to date by events. */
function useSavedGraphs(): { graphs: readonly GraphInfo[] | undefined; failure: string | undefined } {
  const [graphs, setGraphs] = useState<readonly GraphInfo[]>();
  const [failure, setFailure] = useState<string>();
  const fetchAll = useCallback(() => {
    api.graphs.list().then(setGraphs, (error: unknown) => setFailure(messageOf(error)));
  }, []);
  useEffect(() => {
    fetchAll();
    return live.listen({
      onEvent: (event) => {
        if (event.type === "reset") fetchAll();
        if (event.type === "graph") {
          setGraphs((known = []) => [event.graph, ...known.filter((graph) => graph.id !== event.graph.id)]);
        }
        if (event.type === "graph-removed") setGraphs((known) => known?.filter((graph) => graph.id !== event.graph));
      },
    });
  }, [fetchAll]);
  return { graphs, failure };
}
