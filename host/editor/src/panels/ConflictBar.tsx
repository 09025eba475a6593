/** Somebody else saved the document meanwhile: nothing is overwritten unless the user says so. */
import { GitFork } from "lucide-react";

import { useView } from "../app/view";
import { useActivePart } from "../canvas/active";
import { useDocuments } from "../documents/store";
import { Button } from "../ui/Button";
import { act } from "./act";

export function ConflictBar() {
  const conflict = useActivePart((document) => document.conflict);
  const mine = useActivePart((document) => document.saved?.version);
  if (!conflict) return null;
  const { overwrite, reloadSaved } = useDocuments.getState();
  return (
    <div className="bar danger" role="alert">
      <GitFork size={16} aria-hidden />
      <span>
        <strong>Somebody saved version {conflict.version} of this document</strong> while you changed version {mine}.
        Nothing was overwritten.
      </span>
      <span className="bar-actions">
        <Button
          size="small"
          hint="Your changes become the newest version; theirs stays among the versions"
          onClick={() => void act(overwrite)}
        >
          Save mine as new version
        </Button>
        <Button
          size="small"
          hint="Your changes go into a document of their own"
          onClick={() => useView.getState().openDialog({ name: "save-as" })}
        >
          Save mine elsewhere…
        </Button>
        <Button size="small" hint="Your changes can be had back with Undo" onClick={() => void act(reloadSaved)}>
          Take theirs
        </Button>
      </span>
    </div>
  );
}
