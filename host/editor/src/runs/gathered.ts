/** The state of an instance of a subgraph, gathered from the nodes inside it. */
import type { NodeRun } from "../api/contract";

/** One state for many: a failure counts most, then what runs, then what waits; times span all of them. */
export function gather(states: readonly NodeRun[]): NodeRun | undefined {
  if (states.length === 0) return undefined;
  const has = (state: NodeRun["state"]) => states.find((candidate) => candidate.state === state);
  const span = spanOf(states);
  const failed = has("failed");
  if (failed) return { ...span, state: "failed", ...(failed.error === undefined ? {} : { error: failed.error }) };
  if (has("running")) return { ...progressOf(states), ...started(span), state: "running" };
  const done = states.filter((state) => state.state === "finished" || state.state === "cached");
  if (done.length > 0 && has("queued")) return { ...progressOf(states), ...started(span), state: "running" };
  if (has("queued")) return { state: "queued" };
  for (const state of ["cancelled", "skipped"] as const) if (has(state)) return { ...span, state };
  return { ...span, state: has("finished") ? "finished" : "cached" };
}

function started(span: Pick<NodeRun, "started_ms" | "ms">): Pick<NodeRun, "started_ms"> {
  return span.started_ms === undefined ? {} : { started_ms: span.started_ms };
}

/** Steps of the one that counts steps, otherwise nodes done of all nodes. */
function progressOf(states: readonly NodeRun[]): Pick<NodeRun, "step" | "total" | "message"> {
  const stepping = states.find((state) => state.state === "running" && state.total !== undefined);
  if (stepping?.total !== undefined) {
    return {
      step: stepping.step ?? 0,
      total: stepping.total,
      ...(stepping.message === undefined ? {} : { message: stepping.message }),
    };
  }
  const waiting = states.filter((state) => state.state === "queued" || state.state === "running").length;
  return { step: states.length - waiting, total: states.length };
}

function spanOf(states: readonly NodeRun[]): Pick<NodeRun, "started_ms" | "ms"> {
  const timed = states.filter((state) => state.started_ms !== undefined);
  if (timed.length === 0) return {};
  const start = Math.min(...timed.map((state) => state.started_ms ?? 0));
  const end = Math.max(...timed.map((state) => (state.started_ms ?? 0) + (state.ms ?? 0)));
  return { started_ms: start, ms: end - start };
}
