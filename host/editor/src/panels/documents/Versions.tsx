/** The saved versions of a graph; restoring one is an unsaved change that can be undone. */
import { useEffect, useState } from "react";

import { useView } from "../../app/view";
import { api } from "../../api/client";
import type { GraphInfo, GraphVersion } from "../../api/contract";
import { useDocuments } from "../../documents/store";
import { Button } from "../../ui/Button";
import { bytes } from "../../ui/format";
import { act, messageOf } from "../act";

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function Versions({ graph }: { graph: GraphInfo }) {
  const [versions, setVersions] = useState<readonly GraphVersion[]>();
  const [failure, setFailure] = useState<string>();
  const closeDialog = useView((view) => view.closeDialog);

  useEffect(() => {
    api.graphs.versions(graph.id).then(setVersions, (error: unknown) => setFailure(messageOf(error)));
  }, [graph.id, graph.version]);

  const restore = async (version: number) => {
    const { openSaved, openVersion } = useDocuments.getState();
    const opened = await act(async () => {
      await openSaved(graph.id);
      await openVersion(version);
      return true;
    });
    if (opened) closeDialog();
  };

  if (failure) return <p className="run-error">{failure}</p>;
  if (!versions) return <p className="muted">Asking the server…</p>;
  return (
    <ol className="plain-list versions" aria-label={`Versions of ${graph.name}`}>
      {versions.map(({ version, saved_at, bytes: size }) => (
        <li key={version}>
          <span>
            Version {version}
            <span className="muted">
              {" "}
              · {TIME.format(saved_at)} · {bytes(size)}
            </span>
          </span>
          {version === graph.version ? (
            <span className="muted">Newest</span>
          ) : (
            <Button size="small" onClick={() => void restore(version)}>
              Restore
            </Button>
          )}
        </li>
      ))}
    </ol>
  );
}
