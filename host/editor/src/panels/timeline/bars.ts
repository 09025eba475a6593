/** The nodes of a run as bars over time. */
import type { NodeRun, Run } from "../../api/contract";
import { topological } from "../order";

/** One node of the run. */
export interface Bar {
  node: string;
  state: NodeRun["state"];
  /** Milliseconds since the run started; `undefined` for nodes that did not start. */
  start?: number;
  /** Milliseconds; of a running node up to now. */
  ms: number;
  /** The whole node run, for steps and errors. */
  run: NodeRun;
}

/** What the timeline draws. */
export interface Timeline {
  bars: Bar[];
  /** Milliseconds from the start of the run to the last end. */
  total: number;
  /** Milliseconds of work: bars of nodes that run at once count each. */
  work: number;
}

/** Bars in the order of their starts, those that did not start last, in the order of the graph. `elapsed`: milliseconds since the run started. */
export function timelineOf(run: Run, elapsed: number): Timeline {
  const bars = Object.entries(run.nodes).map(([node, state]): Bar => {
    const start = state.started_ms;
    const ms = state.ms ?? (state.state === "running" && start !== undefined ? Math.max(0, elapsed - start) : 0);
    return { node, state: state.state, ms, run: state, ...(start === undefined ? {} : { start }) };
  });
  const places = new Map(topological(run.graph).map((name, place) => [name, place]));
  const placeOf = (node: string) => places.get(node.split("/")[0] ?? node) ?? 0;
  const startOf = (bar: Bar) => bar.start ?? Number.MAX_VALUE;
  bars.sort((a, b) => startOf(a) - startOf(b) || placeOf(a.node) - placeOf(b.node) || a.node.localeCompare(b.node));
  const ends = bars.filter((bar) => bar.start !== undefined).map((bar) => (bar.start ?? 0) + bar.ms);
  const ran = run.started_at !== undefined && run.ended_at !== undefined ? run.ended_at - run.started_at : 0;
  return { bars, total: Math.max(ran, 0, ...ends), work: bars.reduce((sum, bar) => sum + bar.ms, 0) };
}

/** Round times for the marks of an axis, from 0 up to `total` milliseconds; about `count` of them. */
export function marksOf(total: number, count: number): number[] {
  if (total <= 0) return [0];
  const rough = total / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => index * step);
}
