/** Which window documents belong to: the browser's tabs share one database, and a tab that is gone leaves its part. */
import type { DocumentStorage, StoredWindow } from "./stored";
import { newKey } from "./tabs";

const SESSION_KEY = "wirebrush-window";

/** The documents that a window begins with. */
export interface Claim {
  /** Id of this window. */
  readonly id: string;
  /** What this window had open before it was reloaded. */
  readonly own?: StoredWindow;
  /** Windows that were closed or crashed, the newest first; their documents belong to this one now. */
  readonly left: readonly StoredWindow[];
}

/**
 * Finds out which documents belong to this window.
 *
 * A reloaded tab has its own again. A new one takes over what closed or crashed windows left. That a window still lives
 * is seen by a lock it holds; without locks (a page that came over plain HTTP from another machine) nothing is taken
 * over.
 */
export async function claimWindow(storage: DocumentStorage): Promise<Claim> {
  const windows = await storage.windows();
  const before = sessionStorage.getItem(SESSION_KEY);
  // A tab that was duplicated has the id of the other one, which holds its lock.
  if (before !== null && (await hold(before))) {
    const own = windows[before];
    return { id: before, left: [], ...(own !== undefined && { own }) };
  }
  const id = newKey();
  sessionStorage.setItem(SESSION_KEY, id);
  await hold(id);
  const left: StoredWindow[] = [];
  if (before === null && navigator.locks !== undefined) {
    const newestFirst = Object.entries(windows).sort(([, a], [, b]) => b.written_at - a.written_at);
    for (const [other, window] of newestFirst) {
      if (!(await hold(other))) continue;
      left.push(window);
      await storage.removeWindow(other);
    }
  }
  return { id, left };
}

/** Takes a window's lock for as long as the page lives; false when another page has it. */
function hold(id: string): Promise<boolean> {
  const locks: LockManager | undefined = navigator.locks;
  if (locks === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = locks.request(`wirebrush-window:${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<void>(() => {});
    });
    held.catch(() => resolve(true));
  });
}
