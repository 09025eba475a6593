/** Escape in the middle of a drag takes back what it did. */
import { useEffect, useRef } from "react";
import { useDocuments } from "../documents/store";

/** While `active`, Escape abandons what is transient and calls `done`. */
export function useAbandon(active: boolean, done: () => void): void {
  const latest = useRef(done);
  latest.current = done;
  useEffect(() => {
    if (!active) return;
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      useDocuments.getState().abandon();
      latest.current();
    };
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, [active]);
}
