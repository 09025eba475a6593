/** Work that is done a moment after the last reason for it. */

export interface Scheduled {
  /** Does the work after the delay; a reason that came before waits no longer on its own. */
  soon(): void;
  /** Does at once what is waiting. */
  now(): void;
  /** Forgets what is waiting. */
  cancel(): void;
}

/** Calls `work` when nothing asked for it again for some milliseconds. */
export function debounced(work: () => void, milliseconds: number): Scheduled {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const run = () => {
    cancel();
    work();
  };
  return {
    soon: () => {
      clearTimeout(timer);
      timer = setTimeout(run, milliseconds);
    },
    now: () => {
      if (timer !== undefined) run();
    },
    cancel,
  };
}

/** One {@link debounced} work for each key. */
export function debouncedByKey(work: (key: string) => void, milliseconds: number) {
  const timers = new Map<string, Scheduled>();
  const of = (key: string) => {
    const known =
      timers.get(key) ??
      debounced(() => {
        timers.delete(key);
        work(key);
      }, milliseconds);
    timers.set(key, known);
    return known;
  };
  return {
    soon: (key: string) => of(key).soon(),
    now: () => {
      for (const timer of [...timers.values()]) timer.now();
    },
    cancel: (key: string) => {
      timers.get(key)?.cancel();
      timers.delete(key);
    },
  };
}

/**
 * Does the work at once, and while it is under way once more for all reasons that come in between.
 *
 * `settled` waits until nothing is under way.
 */
export function paced(work: () => Promise<void>) {
  let turn: Promise<void> | undefined;
  let again = false;
  const run = async () => {
    do {
      again = false;
      await work();
    } while (again);
    turn = undefined;
  };
  return {
    now: () => {
      again = true;
      turn ??= run();
    },
    settled: () => turn ?? Promise.resolve(),
  };
}
