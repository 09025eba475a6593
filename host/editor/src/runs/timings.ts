/** How long nodes of each type took in the past, remembered by the browser: the ground for saying how long a run still takes. */

/** Typical figures of one node type, in milliseconds. */
export interface Typical {
  ms: number;
  /** Of one progress step, for nodes that count steps. */
  stepMs?: number;
}

interface Samples {
  ms: number[];
  step: number[];
}

/** Samples kept of each type; the median of an odd count is a sample itself. */
const SAMPLES = 9;
const KEY = "wirebrush-timings";

/** Past durations by node type; give no storage to keep them in memory only. */
export class Timings {
  readonly #samples: Map<string, Samples>;
  readonly #storage: Storage | undefined;

  constructor(storage?: Storage) {
    this.#storage = storage;
    this.#samples = read(storage);
  }

  /** Adds a finished (not cached) node: how long it ran, and its progress steps when it counted them. */
  record(type: string, ms: number, steps?: number): void {
    const samples = this.#samples.get(type) ?? { ms: [], step: [] };
    const next: Samples = {
      ms: [...samples.ms, ms].slice(-SAMPLES),
      step: steps && steps > 0 ? [...samples.step, ms / steps].slice(-SAMPLES) : samples.step,
    };
    this.#samples.set(type, next);
    try {
      this.#storage?.setItem(KEY, JSON.stringify(Object.fromEntries(this.#samples)));
    } catch {
      // A full or refused storage costs estimates after the next reload, nothing else.
    }
  }

  /** `undefined` when no node of the type ever finished here. */
  typical(type: string): Typical | undefined {
    const samples = this.#samples.get(type);
    if (!samples || samples.ms.length === 0) return undefined;
    return { ms: median(samples.ms), ...(samples.step.length > 0 ? { stepMs: median(samples.step) } : {}) };
  }
}

function read(storage: Storage | undefined): Map<string, Samples> {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(KEY) ?? "{}");
    if (typeof stored !== "object" || stored === null) return new Map();
    return new Map(Object.entries(stored).filter((entry): entry is [string, Samples] => isSamples(entry[1])));
  } catch {
    return new Map();
  }
}

function isSamples(value: unknown): value is Samples {
  if (typeof value !== "object" || value === null || !("ms" in value) || !("step" in value)) return false;
  return [value.ms, value.step].every((list) => Array.isArray(list) && list.every(Number.isFinite));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
