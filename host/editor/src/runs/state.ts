/**
 * What is known about runs, as plain data, and how answers and events of the server change it.
 *
 * Nothing here talks to anybody: every function takes the data and gives the next, sharing what did not change.
 */
import type { NodeRun, Run, RunList, RunLog, RunStatus, RunSummary, ServerEvent } from "../api/contract";
import { entry, without } from "../graph/record";

/** A line a node wrote while it ran. */
export type LogLine = RunLog["lines"][number];

/** What is known about the runs of the server. */
export interface RunsData {
  /** Queued in their order, then running, then ended newest first. */
  readonly runs: readonly RunSummary[];
  readonly paused: boolean;
  /** Runs whose nodes are known, by id. */
  readonly details: Readonly<Record<string, Run>>;
  /** Node states that came for runs whose details are not known yet, by run and node. */
  readonly early: Readonly<Record<string, Readonly<Record<string, NodeRun>>>>;
  /** Log lines by run, oldest first. */
  readonly logs: Readonly<Record<string, readonly LogLine[]>>;
}

/** Before anything is known. */
export const emptyRuns: RunsData = { runs: [], paused: false, details: {}, early: {}, logs: {} };

/** Lines kept for one run; older ones go first. */
export const LOG_LINES = 2000;

/** Whether a run of this status will not change any more. */
export function hasEnded(status: RunStatus): boolean {
  return status !== "queued" && status !== "running";
}

/** Takes over a list of runs as the server gave it; what is known about runs that are gone is forgotten. */
export function applyList(data: RunsData, list: RunList): RunsData {
  const kept = new Set(list.runs.map((run) => run.id));
  const summaries = new Map(list.runs.map((run) => [run.id, run]));
  const details: Record<string, Run> = {};
  for (const [id, run] of Object.entries(data.details)) {
    const summary = summaries.get(id);
    if (summary) details[id] = { ...run, ...summary };
  }
  return {
    runs: list.runs,
    paused: list.paused,
    details,
    early: only(data.early, kept),
    logs: only(data.logs, kept),
  };
}

/** Adds older ended runs at the end of the list. */
export function appendOlder(data: RunsData, older: readonly RunSummary[]): RunsData {
  const known = new Set(data.runs.map((run) => run.id));
  const fresh = older.filter((run) => !known.has(run.id));
  return fresh.length === 0 ? data : { ...data, runs: [...data.runs, ...fresh] };
}

/**
 * Takes over a whole run as the server gave it. Events and answers overtake each other, so a node never goes back from
 * a later state to an earlier one.
 */
export function applyRun(data: RunsData, run: Run): RunsData {
  const newer = { ...entry(data.early, run.id), ...entry(data.details, run.id)?.nodes };
  const nodes: Record<string, NodeRun> = { ...run.nodes };
  for (const [name, state] of Object.entries(newer)) {
    const given = entry(nodes, name);
    if (!given || isLater(state, given)) nodes[name] = state;
  }
  const known = data.runs.find((candidate) => candidate.id === run.id);
  // An event about the run that arrived before this answer is at least as new when it shows an end.
  const latest = known && hasEnded(known.status) && !hasEnded(run.status) ? { ...run, ...known } : run;
  return {
    ...data,
    runs: place(data.runs, summaryOf(latest)),
    details: { ...data.details, [run.id]: { ...latest, nodes } },
    early: without(data.early, [run.id]),
  };
}

/** Applies one event; `hello`, `reset` and events about graphs change nothing here. */
export function applyEvent(data: RunsData, event: ServerEvent): RunsData {
  switch (event.type) {
    case "run":
      return applySummary(data, event.run);
    case "run-removed":
      return remove(data, event.run);
    case "node":
      return applyNode(data, event.run, event.node, event.state);
    case "log":
      return applyLog(data, event.run, [
        { number: event.number, at_ms: event.at_ms, node: event.node, level: event.level, message: event.message },
      ]);
    case "queue":
      return event.paused === data.paused ? data : { ...data, paused: event.paused };
    default:
      return data;
  }
}

/** Forgets a run. */
export function remove(data: RunsData, id: string): RunsData {
  const others = new Set(data.runs.filter((run) => run.id !== id).map((run) => run.id));
  return {
    ...data,
    runs: renumber(data.runs.filter((run) => run.id !== id)),
    details: only(data.details, others),
    early: only(data.early, others),
    logs: only(data.logs, others),
  };
}

function applySummary(data: RunsData, run: RunSummary): RunsData {
  const detail = entry(data.details, run.id);
  return {
    ...data,
    runs: place(data.runs, run),
    details: detail ? { ...data.details, [run.id]: { ...withoutOptional(detail), ...run } } : data.details,
  };
}

function applyNode(data: RunsData, id: string, name: string, state: NodeRun): RunsData {
  const detail = entry(data.details, id);
  if (detail) {
    const nodes = { ...detail.nodes, [name]: state };
    return { ...data, details: { ...data.details, [id]: { ...detail, nodes } } };
  }
  return { ...data, early: { ...data.early, [id]: { ...entry(data.early, id), [name]: state } } };
}

/** Adds lines of a run's log, each once: they come with events, and all at once when the page was loaded later. */
export function applyLog(data: RunsData, id: string, added: readonly LogLine[]): RunsData {
  const lines = entry(data.logs, id) ?? [];
  const last = lines.at(-1)?.number ?? -1;
  const known = new Set(lines.map((line) => line.number));
  const fresh = added.filter((line) => !known.has(line.number));
  if (fresh.length === 0) return data;
  const all = [...lines, ...fresh];
  if (fresh.some((line) => line.number <= last)) all.sort((a, b) => a.number - b.number);
  return { ...data, logs: { ...data.logs, [id]: all.slice(-LOG_LINES) } };
}

/** Puts a run where it belongs: queued ones at their position, then running, then ended newest first. */
function place(runs: readonly RunSummary[], run: RunSummary): RunSummary[] {
  const others = runs.filter((candidate) => candidate.id !== run.id);
  const queued = others.filter((candidate) => candidate.status === "queued");
  const running = others.filter((candidate) => candidate.status === "running");
  const ended = others.filter((candidate) => hasEnded(candidate.status));
  if (run.status === "queued") {
    queued.splice(run.position ?? queued.length, 0, run);
  } else if (run.status === "running") {
    running.push(run);
  } else {
    const at = ended.findIndex((candidate) => (candidate.ended_at ?? 0) < (run.ended_at ?? 0));
    ended.splice(at < 0 ? ended.length : at, 0, run);
  }
  return renumber([...queued, ...running, ...ended]);
}

/** The server tells the place of the run that moved; the others follow from it. */
function renumber(runs: readonly RunSummary[]): RunSummary[] {
  let next = 0;
  return runs.map((run) => {
    if (run.status !== "queued") return run;
    const position = next;
    next += 1;
    return run.position === position ? run : { ...run, position };
  });
}

function summaryOf(run: Run): RunSummary {
  const { graph: _graph, wanted: _wanted, nodes: _nodes, ...summary } = run;
  return summary;
}

/** Without the fields a newer summary may leave out, so that none of them lingers. */
function withoutOptional(run: Run): Run {
  const { position: _position, error: _error, started_at: _started, ended_at: _ended, ...rest } = run;
  return rest;
}

const RANK: Record<NodeRun["state"], number> = {
  queued: 0,
  running: 1,
  cached: 2,
  finished: 2,
  failed: 2,
  cancelled: 2,
  skipped: 2,
};

function isLater(a: NodeRun, b: NodeRun): boolean {
  if (RANK[a.state] !== RANK[b.state]) return RANK[a.state] > RANK[b.state];
  return (a.step ?? 0) > (b.step ?? 0);
}

function only<T>(record: Readonly<Record<string, T>>, ids: ReadonlySet<string>): Readonly<Record<string, T>> {
  const entries = Object.entries(record);
  const kept = entries.filter(([id]) => ids.has(id));
  return kept.length === entries.length ? record : Object.fromEntries(kept);
}
