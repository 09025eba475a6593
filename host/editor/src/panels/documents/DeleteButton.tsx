/** A button that asks once more, in its own place, before it deletes. */
import { Trash2 } from "lucide-react";
import { useState } from "react";

import { Button, IconButton } from "../../ui/Button";

export function DeleteButton({ label, onDelete }: { label: string; onDelete: () => void }) {
  const [asking, setAsking] = useState(false);
  if (!asking) return <IconButton icon={Trash2} label={label} onClick={() => setAsking(true)} />;
  return (
    <span className="confirm" role="group" aria-label={`${label}?`}>
      <Button size="small" tone="danger" autoFocus onClick={onDelete}>
        Delete
      </Button>
      <Button size="small" onClick={() => setAsking(false)}>
        Keep
      </Button>
    </span>
  );
}
