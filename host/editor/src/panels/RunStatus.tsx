/** The status of a run as an icon and a word. */
import { Ban, Check, Clock, LoaderCircle, TriangleAlert, Unplug } from "lucide-react";
import type { LucideIcon } from "lucide-react";

import type { RunStatus as Status } from "../api/contract";

const LOOK: Record<Status, { icon: LucideIcon; word: string }> = {
  queued: { icon: Clock, word: "Queued" },
  running: { icon: LoaderCircle, word: "Running" },
  finished: { icon: Check, word: "Done" },
  failed: { icon: TriangleAlert, word: "Failed" },
  cancelled: { icon: Ban, word: "Cancelled" },
  interrupted: { icon: Unplug, word: "Interrupted" },
};

/** The status in a word. */
export function statusWord(status: Status): string {
  return LOOK[status].word;
}

export function RunStatus({ status }: { status: Status }) {
  const { icon: Icon, word } = LOOK[status];
  return (
    <span className={`run-status ${status}`}>
      <Icon size={13} aria-hidden className={status === "running" ? "spin" : undefined} />
      {word}
    </span>
  );
}
