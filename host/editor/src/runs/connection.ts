/**
 * Feeds the runs store from the page's event stream.
 *
 * When the stream begins or says `reset`, the list of runs is fetched; events that arrive meanwhile wait, and those the
 * list already includes are dropped. Events are applied in batches, because a quick graph sends hundreds between two
 * pictures of the screen.
 */
import { api } from "../api/client";
import type { ServerEvent } from "../api/contract";
import { live } from "../api/live";
import { receive, receivePreview, refetchCurrent, setConnection, takeList } from "./store";

/** Milliseconds events are gathered before they are applied: one picture of a 60 Hz screen. */
const BATCH_MS = 16;
/** Milliseconds before the list is asked for again when the server does not answer. */
const RETRY_MS = 1000;

/** Listens to the page's events until the returned function is called. Call it once, before `live.start()`. */
export function startRuns(): () => void {
  let stopped = false;
  let waiting: ServerEvent[] = [];
  let fetching = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Sequence number of the newest event that is applied; `undefined` before the first list. */
  let newest: number | undefined;
  /** Counts fetches of the list: after another `reset` an earlier answer is out of date. */
  let round = 0;

  const flush = () => {
    timer = undefined;
    if (fetching || stopped) return;
    const batch = waiting.filter((event) => event.sequence > (newest ?? 0));
    waiting = [];
    if (batch.length === 0) return;
    newest = batch.at(-1)?.sequence ?? newest;
    receive(batch, performance.now());
  };

  const fetchList = async () => {
    round += 1;
    const mine = round;
    const isStale = () => stopped || mine !== round;
    fetching = true;
    const list = await untilAnswered(isStale, () => api.runs.list());
    if (!list || isStale()) return;
    takeList(list);
    await refetchCurrent();
    if (isStale()) return;
    newest = list.sequence;
    fetching = false;
    flush();
  };

  const stopListening = live.listen({
    onEvent: (event) => {
      if (event.type === "reset") {
        waiting = [];
        void fetchList();
      } else if (event.type === "hello") {
        // After a dropped connection the stream goes on where it ended, and nothing is missing.
        if (newest === undefined) void fetchList();
      } else {
        waiting.push(event);
        timer ??= setTimeout(flush, BATCH_MS);
      }
    },
    onPreview: receivePreview,
    onState: setConnection,
  });

  return () => {
    stopped = true;
    clearTimeout(timer);
    stopListening();
  };
}

/** Asks until there is an answer; `undefined` when stopped before. */
async function untilAnswered<T>(isStopped: () => boolean, ask: () => Promise<T>): Promise<T | undefined> {
  while (!isStopped()) {
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  return undefined;
}
