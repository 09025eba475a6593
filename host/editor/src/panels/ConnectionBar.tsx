/** Says that the server does not answer, once that lasts. */
import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";

import { useRuns } from "../runs/store";

/** A connection that comes back sooner is not worth a word. */
const PATIENCE_MS = 1500;

export function ConnectionBar() {
  const connection = useRuns((runs) => runs.connection);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (connection === "open" || connection === "closed") {
      setLost(false);
      return;
    }
    const timer = setTimeout(() => setLost(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [connection]);
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
