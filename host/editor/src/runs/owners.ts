/** Which document of this browser a run was started from, remembered by the browser across reloads. */

const KEY = "wirebrush-run-owners";
/** Runs remembered; the oldest go first. */
const MOST = 300;

/** Keys of documents by run; give no storage to keep them in memory only. */
export class Owners {
  readonly #owners: Map<string, string>;
  readonly #storage: Storage | undefined;

  constructor(storage?: Storage) {
    this.#storage = storage;
    this.#owners = read(storage);
  }

  /** Key of the document the run was started from; `undefined` when another browser started it. */
  of(run: string): string | undefined {
    return this.#owners.get(run);
  }

  remember(run: string, documentKey: string): void {
    this.#owners.delete(run);
    this.#owners.set(run, documentKey);
    for (const oldest of this.#owners.keys()) {
      if (this.#owners.size <= MOST) break;
      this.#owners.delete(oldest);
    }
    try {
      this.#storage?.setItem(KEY, JSON.stringify([...this.#owners]));
    } catch {
      // A full or refused storage: the run is found by its saved graph after a reload, or not at all.
    }
  }
}

function read(storage: Storage | undefined): Map<string, string> {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(KEY) ?? "[]");
    if (!Array.isArray(stored)) return new Map();
    return new Map(stored.filter(isPair));
  } catch {
    return new Map();
  }
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}
