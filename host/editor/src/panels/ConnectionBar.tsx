/** Says that the server does not answer, once that lasts. */
import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";

import { useRuns } from "../runs/store";

/** A connection that comes back sooner is not worth a word. */
const PATIENCE_MS = 1500;

export function ConnectionBar() {
  // While it tries again, the state goes back and forth between connecting and waiting.
  const fine = useRuns((runs) => runs.connection === "open" || runs.connection === "closed");
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (fine) {
      setLost(false);
      return;
    }
    const timer = setTimeout(() => setLost(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [fine]);
  if (!lost) return null;
  return (
    <div className="bar warning" role="status">
      <CloudOff size={16} aria-hidden />
      <span>
        <strong>The server does not answer.</strong> You can go on editing; nothing is lost. Trying again…
      </span>
    </div>
  );
}
