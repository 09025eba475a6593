/**
 * The runs of this server and the one the active document shows.
 *
 * Data changes only through {@link receive} (events), answers of the server, and a change of the active document;
 * after each, what depends on them is derived anew.
 */
import { create } from "zustand";

import { api, ApiFailure } from "../api/client";
import type {
  NodeRun,
  PreviewHeader,
  Problem,
  Run,
  RunOutput,
  RunSummary,
  ServerEvent,
  ValueInfo,
} from "../api/contract";
import type { ConnectionState } from "../api/events";
import { useDocuments } from "../documents/store";
import { nodeOf } from "../graph/body";
import { entry } from "../graph/record";
import { activeDocument, identityOf, runNameIn } from "./active";
import { currentOf, isOf, type DocumentIdentity } from "./current";
import { gather } from "./gathered";
import { newRunId } from "./ids";
import { collectOutputs, peekedOutputs, valueKey, type Values } from "./outputs";
import { Owners } from "./owners";
import { Previews } from "./previews";
import { Progress } from "./progress";
import { advanceSeeds, followSeeds } from "./seeds";
import {
  appendOlder,
  applyEvent,
  applyList,
  applyLog,
  applyRun,
  emptyRuns,
  hasEnded,
  remove,
  type LogLine,
  type RunsData,
} from "./state";
import { Timings } from "./timings";

/** Why a run was not accepted. */
export interface Refusal {
  message: string;
  problems: readonly Problem[];
}

/** Runs, what the active document shows of them, and what can be done to them. Actions throw `ApiFailure`. */
export interface RunsStore extends RunsData {
  /** Whether events of the server arrive. */
  connection: ConnectionState;
  /** What the active document shows: the run that goes on, else the next queued one, else the last; once its details are known. */
  current: Run | undefined;
  /** Log lines of the current run. */
  log: readonly LogLine[];
  /** Why the last attempt to run was refused; gone with the next attempt. */
  refusal: Refusal | undefined;
  /** Whether runs are being sent to the server. */
  starting: boolean;
  /** Runs whose cancellation is asked for and not yet confirmed. */
  cancelling: ReadonlySet<string>;
  /** Peeked values by run and address, see {@link RunsStore.peek}. */
  values: Values;
  /** Newest results of the active document, and pictures that were peeked at, by run name of the node. */
  outputs: Readonly<Record<string, readonly RunOutput[]>>;
  /** Results of the newest run of the active document that has any. */
  results: readonly RunOutput[];
  /** Rises with every preview picture, so that selectors notice. */
  previewCount: number;
  /** Rises with every run that is forgotten: a list that was searched for is out of date then. */
  forgotten: number;

  /** State of a node in the current run, by its name in the edited scope; for an instance gathered from its inside. */
  nodeRun(name: string): NodeRun | undefined;
  /** Object URL of the newest preview of a node in the current run. */
  preview(name: string): string | undefined;
  /** Object URL of the newest preview of any node of the current run. */
  livePreview(): string | undefined;
  /** Newest results of a node, and the pictures on its outputs that were peeked at. */
  outputsOf(node: string): readonly RunOutput[];
  /** The value on an output (`decode.image`, names of the edited scope) of the current run. Fails when it was not kept. */
  peek(address: string): Promise<ValueInfo>;
  /** Milliseconds the current run, or one of its nodes, still takes; `undefined` when nothing is known. */
  timeLeft(now: number, node?: string): number | undefined;

  /** Runs the active document to its ends, then moves its seeds on by their modes. */
  runAll(): Promise<void>;
  /** Runs what one node of the edited scope needs, and the node. */
  runTo(node: string): Promise<void>;
  cancel(id: string): Promise<void>;
  retry(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Moves a queued run to a place in the queue, counted from 0. */
  move(id: string, position: number): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Runs in whose title, id, status, error or nodes each of some words occurs, newest first; also old ones. */
  search(words: string): Promise<readonly RunSummary[]>;
  /** Forgets all runs that are over, or those that a search finds; gives how many. */
  clear(words: string): Promise<number>;
  /** Adds older ended runs to the list; gives whether there may be more. */
  loadOlder(): Promise<boolean>;
}

/** Ended runs fetched at a time; a list with fewer has them all. */
export const PAGE = 50;
/** How often a run is sent again when the server cannot be reached; its id makes that safe. */
const ATTEMPTS = 3;

const owners = new Owners(globalThis.localStorage);
const progress = new Progress(new Timings(globalThis.localStorage));
const previews = new Previews();
const fetching = new Set<string>();
/** Runs whose logs were asked for. */
const logged = new Set<string>();
/** Document the outputs were collected for. */
let derivedFor: string | undefined;
const NO_OUTPUTS: readonly RunOutput[] = [];

/** The runs of the server: `useRuns((runs) => runs.nodeRun("sample"))`. */
export const useRuns = create<RunsStore>()((_set, get) => ({
  ...emptyRuns,
  connection: "closed",
  current: undefined,
  log: [],
  refusal: undefined,
  starting: false,
  cancelling: new Set(),
  values: {},
  outputs: {},
  results: [],
  previewCount: 0,
  forgotten: 0,

  nodeRun: (name) => nodeRunOf(get().current, name),
  preview: (name) => {
    const { current } = get();
    const document = activeDocument();
    const inRun = document && runNameIn(document, name);
    if (!current || inRun === undefined) return undefined;
    return previews.get(current.id, inRun) ?? previews.latestWithin(current.id, `${inRun}/`);
  },
  livePreview: () => {
    const { current } = get();
    return current && previews.latestWithin(current.id, "");
  },
  outputsOf: (node) => {
    const document = activeDocument();
    const inRun = document && runNameIn(document, node);
    return inRun === undefined ? NO_OUTPUTS : (entry(get().outputs, inRun) ?? NO_OUTPUTS);
  },
  peek: async (address) => {
    const { current } = get();
    const document = activeDocument();
    const dot = address.indexOf(".");
    const inRun = document && runNameIn(document, address.slice(0, dot));
    if (!current || inRun === undefined) throw new Error("The document was not run yet.");
    const full = inRun + address.slice(dot);
    const known = entry(get().values, valueKey(current.id, full));
    if (known) return known;
    const value = await api.runs.value(current.id, full);
    update((state) => ({ values: { ...state.values, [valueKey(current.id, full)]: value } }));
    return value;
  },
  timeLeft: (now, node) => {
    const { current } = get();
    if (!current) return undefined;
    if (node === undefined) return hasEnded(current.status) ? 0 : progress.ofRun(current, now);
    const document = activeDocument();
    const inRun = document && runNameIn(document, node);
    return inRun === undefined ? undefined : progress.ofNode(current, inRun, now);
  },

  runAll: () => start(undefined),
  runTo: async (node) => {
    const document = activeDocument();
    const inRun = document && runNameIn(document, node);
    await start(inRun === undefined ? undefined : [inRun]);
  },
  cancel: async (id) => {
    update((state) => ({ cancelling: new Set(state.cancelling).add(id) }));
    try {
      const run = await api.runs.cancel(id);
      update((state) => applyRun(state, run));
    } catch (error) {
      update((state) => ({ cancelling: withoutMember(state.cancelling, id) }));
      throw error;
    }
  },
  retry: async (id) => {
    const again = newRunId();
    const owner = owners.of(id);
    if (owner !== undefined) owners.remember(again, owner);
    const run = await api.runs.retry(id, again);
    update((state) => applyRun(state, run));
  },
  remove: async (id) => {
    await api.runs.remove(id);
    previews.removeRun(id);
    update((state) => ({ ...remove(state, id), forgotten: state.forgotten + 1 }));
  },
  search: async (words) => (await api.runs.list({ q: words, limit: PAGE })).runs.filter((run) => hasEnded(run.status)),
  clear: (words) => api.runs.clear(words === "" ? {} : { q: words }),
  move: async (id, position) => takeList(await api.runs.move(id, position)),
  pause: async () => takeList(await api.queue.pause()),
  resume: async () => takeList(await api.queue.resume()),
  loadOlder: async () => {
    const before = get().runs.findLast((run) => run.ended_at !== undefined)?.ended_at;
    const list = await api.runs.list({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    const older = list.runs.filter((run) => hasEnded(run.status));
    update((state) => appendOlder(state, older));
    return older.length === PAGE;
  },
}));

/** Whether a run belongs to a document of this browser. */
export function belongsTo(document: DocumentIdentity): (run: Pick<RunSummary, "id" | "graph_id">) => boolean {
  return (run) => isOf(run, document, (id) => owners.of(id));
}

/** Applies events in the order given. */
export function receive(events: readonly ServerEvent[], now: number): void {
  const { details } = useRuns.getState();
  for (const event of events) {
    if (event.type === "node") progress.observe(event.run, entry(details, event.run), event.node, event.state, now);
  }
  const gone = events.filter((event) => event.type === "run-removed").length;
  update((state) => ({
    ...events.reduce<RunsData>(applyEvent, dataOf(state)),
    forgotten: state.forgotten + gone,
  }));
}

/** Takes over a preview picture. */
export function receivePreview(header: PreviewHeader, picture: Blob): void {
  previews.set(header.run, header.node, picture);
  update((state) => ({ previewCount: state.previewCount + 1 }));
}

/** Takes over the whole list, as after `reset`; nodes of the current run are asked for again. */
export function takeList(list: Parameters<typeof applyList>[1]): void {
  update((state) => applyList(state, list));
}

/** Asks again for the nodes of the current run: events about them may be lost. */
export async function refetchCurrent(): Promise<void> {
  const id = useRuns.getState().current?.id;
  if (id === undefined) return;
  logged.delete(id);
  await Promise.all([fetchDetails(id), fetchLog(id)]);
}

/** Takes notice of the state of the event stream. */
export function setConnection(connection: ConnectionState): void {
  useRuns.setState({ connection });
}

// Edits change the documents at every move of the mouse; only what ties runs to the document counts here.
let shownFor = "";
useDocuments.subscribe(() => {
  const document = activeDocument();
  const now = JSON.stringify(document && [identityOf(document), document.scopes, document.instances]);
  if (now === shownFor) return;
  shownFor = now;
  update(() => ({}));
});

useDocuments.subscribe(({ tabs }, before) => {
  if (tabs === before.tabs) return;
  for (const tab of tabs) {
    const was = before.tabs.find((it) => it.key === tab.key);
    if (was !== undefined && was.graph !== tab.graph) followSeeds(tab.key, was.graph, tab.graph);
  }
});

/** Submissions one after the other: each takes the seeds as the one before left them. */
let line: Promise<unknown> = Promise.resolve();
let waiting = 0;

function start(wanted: string[] | undefined): Promise<void> {
  const key = activeDocument()?.key;
  if (key === undefined) return Promise.resolve();
  waiting += 1;
  useRuns.setState({ starting: true, refusal: undefined });
  const turn = line
    .then(() => submit(key, wanted))
    .finally(() => {
      waiting -= 1;
      useRuns.setState({ starting: waiting > 0 });
    });
  line = turn.catch(() => {});
  return turn;
}

async function submit(key: string, wanted: string[] | undefined): Promise<void> {
  const document = useDocuments.getState().tabs.find((tab) => tab.key === key);
  if (!document) return;
  const { graph, saved } = document;
  const id = newRunId();
  owners.remember(id, key);
  try {
    const run = await send({ id, graph, ...(saved ? { graph_id: saved.id } : {}), ...(wanted ? { wanted } : {}) });
    update((state) => applyRun(state, run));
    if (useDocuments.getState().active === key) {
      useDocuments.getState().edit("Next seed", (current) => advanceSeeds(current, key));
    }
  } catch (error) {
    const problems = error instanceof ApiFailure ? error.problems : [];
    useRuns.setState({ refusal: { message: error instanceof Error ? error.message : String(error), problems } });
    throw error;
  }
}

async function send(run: Parameters<typeof api.runs.create>[0]): Promise<Run> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.runs.create(run);
    } catch (error) {
      const unreachable = error instanceof ApiFailure && error.status === 0;
      if (!unreachable || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Changes the store and derives what depends on the change. */
function update(change: (state: RunsStore) => Partial<RunsStore>): void {
  const before = useRuns.getState();
  const state = { ...before, ...change(before) };
  const document = activeDocument();
  const mine = document ? state.runs.filter(belongsTo(identityOf(document))) : [];
  const shown = currentOf(mine);
  const current = shown && entry(state.details, shown.id);
  if (shown && !current) void fetchDetails(shown.id);
  if (shown) void fetchLog(shown.id);
  const peeked = current ? [peekedOutputs(state.values, current.id)] : [];
  const changed =
    state.runs !== before.runs ||
    state.values !== before.values ||
    document?.key !== derivedFor ||
    current?.id !== before.current?.id;
  derivedFor = document?.key;
  useRuns.setState({
    ...state,
    current,
    log: (shown && entry(state.logs, shown.id)) ?? [],
    cancelling: stillGoing(state),
    results: mine.find((run) => run.outputs.length > 0)?.outputs ?? NO_OUTPUTS,
    outputs: changed ? collectOutputs([...mine.map((run) => run.outputs), ...peeked]) : state.outputs,
  });
}

function stillGoing(state: RunsStore): ReadonlySet<string> {
  if (state.cancelling.size === 0) return state.cancelling;
  const going = state.runs.filter((run) => !hasEnded(run.status)).map((run) => run.id);
  return new Set(going.filter((id) => state.cancelling.has(id)));
}

/** Asks for the graph and the nodes of a run; they are in `details` then. */
export async function fetchDetails(id: string): Promise<void> {
  if (fetching.has(id)) return;
  fetching.add(id);
  try {
    const run = await api.runs.get(id);
    update((state) => applyRun(state, run));
  } catch (error) {
    // A run that is gone leaves the list by its own event; a lost server is seen by the connection.
    if (error instanceof ApiFailure && error.status === 404) update((state) => remove(state, id));
  } finally {
    fetching.delete(id);
  }
}

/** Asks once for what the nodes of a run said before its events were heard. */
async function fetchLog(id: string): Promise<void> {
  if (logged.has(id)) return;
  logged.add(id);
  try {
    const { lines } = await api.runs.log(id);
    update((state) => applyLog(state, id, lines));
  } catch {
    // Without it the log begins with the next line; it is asked for again when the connection comes back.
  }
}

const gathered = new WeakMap<Run["nodes"], Map<string, NodeRun | undefined>>();

function nodeRunOf(current: Run | undefined, name: string): NodeRun | undefined {
  const document = activeDocument();
  const inRun = document && runNameIn(document, name);
  if (!current || !document || inRun === undefined) return undefined;
  const direct = entry(current.nodes, inRun);
  if (direct || !nodeOf(document.graph, document.scope, name)?.type.startsWith("#")) return direct;
  const known = gathered.get(current.nodes) ?? new Map<string, NodeRun | undefined>();
  gathered.set(current.nodes, known);
  if (!known.has(inRun)) {
    const inside = Object.entries(current.nodes).filter(([node]) => node.startsWith(`${inRun}/`));
    known.set(inRun, gather(inside.map(([, state]) => state)));
  }
  return known.get(inRun);
}

function dataOf({ runs, paused, details, early, logs }: RunsStore): RunsData {
  return { runs, paused, details, early, logs };
}

function withoutMember<T>(set: ReadonlySet<T>, member: T): ReadonlySet<T> {
  return new Set([...set].filter((candidate) => candidate !== member));
}
