/** Unsaved changes from before were found and are shown. */
import { LifeBuoy } from "lucide-react";
import { useState } from "react";

import { useActivePart } from "../canvas/active";
import { useDocuments } from "../documents/store";
import { Button } from "../ui/Button";
import { act } from "./act";

export function RecoveredBar() {
  const key = useActivePart((document) => (document.recovered && !document.conflict ? document.key : undefined));
  const [accepted, setAccepted] = useState<ReadonlySet<string>>(new Set());
  if (key === undefined || accepted.has(key)) return null;
  const { save, undo } = useDocuments.getState();
  const accept = () => setAccepted((before) => new Set(before).add(key));
  return (
    <div className="bar info" role="status">
      <LifeBuoy size={16} aria-hidden />
      <span>
        <strong>Unsaved changes were recovered.</strong> They are what you see; Undo goes back to what was saved.
      </span>
      <span className="bar-actions">
        <Button size="small" onClick={() => void act(save).then((saved) => saved && accept())}>
          Save them
        </Button>
        <Button
          size="small"
          onClick={() => {
            undo();
            accept();
          }}
        >
          Back to what was saved
        </Button>
        <Button size="small" onClick={accept}>
          Keep editing
        </Button>
      </span>
    </div>
  );
}
