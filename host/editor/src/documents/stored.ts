/** Open documents as the browser keeps them: the first graph of each history, and small patches for the steps. */
import { createStore, delMany, get, getMany, setMany, update, type UseStore } from "idb-keyval";
import type { Graph } from "../graph/document";
import { applyPatch, diff, type Patch } from "../graph/patch";
import { type Document, newDocument, withClean, withHistory } from "./document";
import { type History, present, type Step } from "./history";

/** Which documents a window has open. */
export interface StoredWindow {
  readonly keys: readonly string[];
  readonly active: string;
  /** Milliseconds since 1970. */
  readonly written_at: number;
}

/** Without its first graph and its steps, which are entries of their own. */
interface StoredDocument {
  readonly name: string;
  readonly saved?: Document["saved"];
  readonly recovered?: boolean;
  readonly steps: number;
  readonly at: number;
  /** From the present to what counts as saved. */
  readonly clean?: Patch;
  readonly scopes: readonly string[];
  readonly instances: readonly string[];
}

interface StoredStep {
  readonly label: string;
  readonly merge?: string;
  readonly patch?: Patch;
}

const WINDOWS = "windows";

/** The browser's database of open documents. All functions reject when the browser has none, or it is full. */
export class DocumentStorage {
  readonly #store: UseStore;
  /** The history of each document as it was written last. */
  readonly #written = new Map<string, History>();

  constructor(store: UseStore = createStore("wirebrush", "documents")) {
    this.#store = store;
  }

  /** Windows that have documents, by id. */
  async windows(): Promise<Readonly<Record<string, StoredWindow>>> {
    return (await get<Record<string, StoredWindow>>(WINDOWS, this.#store)) ?? {};
  }

  /** Writes which documents a window has open. */
  async writeWindow(id: string, window: StoredWindow): Promise<void> {
    await update<Record<string, StoredWindow>>(WINDOWS, (windows = {}) => ({ ...windows, [id]: window }), this.#store);
  }

  /** Forgets a window; its documents stay for the one that takes them over. */
  async removeWindow(id: string): Promise<void> {
    const without = (windows: Record<string, StoredWindow> = {}) =>
      Object.fromEntries(Object.entries(windows).filter(([key]) => key !== id));
    await update<Record<string, StoredWindow>>(WINDOWS, without, this.#store);
  }

  /** Writes a document; of its history only what is new. */
  async write(document: Document): Promise<void> {
    const { key, history } = document;
    const { base, steps: before } = this.#written.get(key) ?? { base: undefined, steps: [] };
    const same = before.findIndex((step, index) => step !== history.steps[index]);
    const first = same < 0 ? Math.min(before.length, history.steps.length) : same;
    const entries: [string, unknown][] = [[documentKey(key), storedDocument(document)]];
    if (base !== history.base) entries.push([baseKey(key), history.base]);
    for (const [index, step] of history.steps.entries()) {
      if (index < first) continue;
      entries.push([stepKey(key, index), storedStep(step, history.steps[index - 1]?.graph ?? history.base)]);
    }
    await setMany(entries, this.#store);
    this.#written.set(key, history);
    if (before.length > history.steps.length) {
      await delMany(stepKeys(key, history.steps.length, before.length), this.#store);
    }
  }

  /** Reads a document; undefined when it is not there. */
  async read(key: string): Promise<Document | undefined> {
    const [stored, base] = (await getMany([documentKey(key), baseKey(key)], this.#store)) as [
      StoredDocument | undefined,
      Graph | undefined,
    ];
    if (stored === undefined || base === undefined) return undefined;
    const steps = await getMany<StoredStep>(stepKeys(key, 0, stored.steps), this.#store);
    const history = restoredHistory(base, steps, stored.at);
    this.#written.set(key, history);
    return restoredDocument(key, stored, history);
  }

  /** Forgets a document. */
  async remove(key: string): Promise<void> {
    const stored = await get<StoredDocument>(documentKey(key), this.#store);
    this.#written.delete(key);
    await delMany([documentKey(key), baseKey(key), ...stepKeys(key, 0, stored?.steps ?? 0)], this.#store);
  }
}

function documentKey(key: string): string {
  return `document:${key}`;
}

function baseKey(key: string): string {
  return `base:${key}`;
}

function stepKeys(key: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => stepKey(key, from + index));
}

function stepKey(key: string, index: number): string {
  return `step:${key}:${index}`;
}

function storedStep({ label, merge, graph }: Step, before: Graph): StoredStep {
  const patch = diff(before, graph);
  return { label, ...(merge !== undefined && { merge }), ...(patch !== undefined && { patch }) };
}

function storedDocument(document: Document): StoredDocument {
  const { name, saved, recovered, history, scopes, instances } = document;
  const clean = diff(present(history), document.clean);
  return {
    name,
    ...(saved !== undefined && { saved }),
    ...(recovered !== undefined && { recovered }),
    steps: history.steps.length,
    at: history.at,
    ...(clean !== undefined && { clean }),
    scopes,
    instances,
  };
}

/** The history as far as its steps are there. */
function restoredHistory(base: Graph, stored: readonly (StoredStep | undefined)[], at: number): History {
  const steps: Step[] = [];
  let graph = base;
  for (const step of stored) {
    if (step === undefined) break;
    graph = applyPatch(graph, step.patch);
    steps.push({ label: step.label, graph, ...(step.merge !== undefined && { merge: step.merge }) });
  }
  return { base, steps, at: Math.min(at, steps.length) };
}

function restoredDocument(key: string, stored: StoredDocument, history: History): Document {
  const document = withHistory(newDocument(key, history.base, stored.name, stored.saved), history);
  const clean = applyPatch(present(history), stored.clean);
  const { scopes, instances } = stored;
  const entered = { ...document, scopes, instances, scope: scopes.at(-1) ?? null };
  return withClean({ ...entered, ...(stored.recovered && { recovered: true }) }, clean);
}
