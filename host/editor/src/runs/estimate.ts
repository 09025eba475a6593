/**
 * How long a run, or one of its nodes, still takes.
 *
 * A node that counts steps is measured by its own pace, every other one by what its type took before.
 */
import type { NodeRun, Run } from "../api/contract";
import { typeOfRunNode } from "./names";
import type { Typical } from "./timings";

/** When steps of a running node were seen here, in the browser's milliseconds. The server's clock is not needed. */
export interface Pace {
  firstStep: number;
  firstAt: number;
  lastStep: number;
  lastAt: number;
}

/** The pace after a node's state arrived; a node that does not run has none. */
export function updatePace(pace: Pace | undefined, state: NodeRun, now: number): Pace | undefined {
  if (state.state !== "running") return undefined;
  const step = state.step ?? 0;
  if (!pace || step < pace.lastStep) return { firstStep: step, firstAt: now, lastStep: step, lastAt: now };
  return step === pace.lastStep ? pace : { ...pace, lastStep: step, lastAt: now };
}

/** Milliseconds until the node is done; `undefined` when nothing is known about it, 0 when it is done. */
export function nodeTimeLeft(
  state: NodeRun,
  pace: Pace | undefined,
  typical: Typical | undefined,
  now: number,
): number | undefined {
  if (state.state === "queued") return typical?.ms;
  if (state.state !== "running") return 0;
  const since = pace ? now - pace.firstAt : 0;
  if (state.total !== undefined && pace) {
    const seen = pace.lastStep - pace.firstStep;
    const stepMs = seen > 0 ? (pace.lastAt - pace.firstAt) / seen : typical?.stepMs;
    if (stepMs !== undefined) {
      return Math.max(0, stepMs * (state.total - pace.lastStep) - (now - pace.lastAt));
    }
  }
  return typical && Math.max(0, typical.ms - since);
}

/**
 * Milliseconds until the run is done, as if its nodes ran one after another; `undefined` while nothing is known about
 * the nodes that remain, 0 when it has ended.
 */
export function runTimeLeft(
  run: Run,
  pace: (node: string) => Pace | undefined,
  typical: (type: string) => Typical | undefined,
  now: number,
): number | undefined {
  let sum: number | undefined;
  let remaining = 0;
  for (const [name, state] of Object.entries(run.nodes)) {
    if (state.state !== "queued" && state.state !== "running") continue;
    remaining += 1;
    const left = nodeTimeLeft(state, pace(name), typical(typeOfRunNode(run.graph, name) ?? ""), now);
    if (left !== undefined) sum = (sum ?? 0) + left;
  }
  return remaining === 0 ? 0 : sum;
}
