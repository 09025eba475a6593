/** Text that is typed now and belongs to the document a moment later, so that one word is one step of the undo history. */
import { useCallback, useEffect, useRef, useState } from "react";

const IDLE_MS = 500;

export interface Draft {
  text: string;
  /** Takes what was typed; it is committed after a pause. */
  type: (text: string) => void;
  /** Commits at once. */
  flush: () => void;
  /** Forgets what was typed since the last commit. */
  reset: () => void;
}

/** `commit` is called with the text when typing pauses, on `flush`, and when the control goes away. */
export function useDraft(value: string, commit: (text: string) => void): Draft {
  const [draft, setDraft] = useState<string>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const pending = useRef<string>(undefined);
  const latest = useRef(commit);
  latest.current = commit;

  const flush = useCallback(() => {
    clearTimeout(timer.current);
    const text = pending.current;
    pending.current = undefined;
    setDraft(undefined);
    if (text !== undefined) latest.current(text);
  }, []);
  const reset = useCallback(() => {
    clearTimeout(timer.current);
    pending.current = undefined;
    setDraft(undefined);
  }, []);
  const type = useCallback(
    (text: string) => {
      pending.current = text;
      setDraft(text);
      clearTimeout(timer.current);
      timer.current = setTimeout(flush, IDLE_MS);
    },
    [flush],
  );
  useEffect(() => flush, [flush]);
  return { text: draft ?? value, type, flush, reset };
}
