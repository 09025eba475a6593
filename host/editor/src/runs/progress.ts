/** Watches the nodes of runs to say how long they still take. */
import type { NodeRun, Run } from "../api/contract";
import { entry } from "../graph/record";
import { nodeTimeLeft, runTimeLeft, updatePace, type Pace } from "./estimate";
import { typeOfRunNode } from "./names";
import type { Timings } from "./timings";

/** The pace of running nodes, and with it the time that is left. */
export class Progress {
  readonly #paces = new Map<string, Pace>();
  readonly #timings: Timings;

  constructor(timings: Timings) {
    this.#timings = timings;
  }

  /** Takes notice of a node's new state at `now` (browser milliseconds); `run` is the run before, when it is known. */
  observe(id: string, run: Run | undefined, node: string, state: NodeRun, now: number): void {
    const key = keyOf(id, node);
    const pace = updatePace(this.#paces.get(key), state, now);
    if (pace) this.#paces.set(key, pace);
    else this.#paces.delete(key);
    const type = run && typeOfRunNode(run.graph, node);
    if (type === undefined || state.state !== "finished" || state.ms === undefined) return;
    this.#timings.record(type, state.ms, state.total ?? entry(run?.nodes, node)?.total);
  }

  /** Milliseconds until the run is done, see {@link runTimeLeft}. */
  ofRun(run: Run, now: number): number | undefined {
    const pace = (node: string) => this.#paces.get(keyOf(run.id, node));
    return runTimeLeft(run, pace, (type) => this.#timings.typical(type), now);
  }

  /** Milliseconds until a node (by its name in the run) is done, see {@link nodeTimeLeft}. */
  ofNode(run: Run, node: string, now: number): number | undefined {
    const state = entry(run.nodes, node);
    const typical = this.#timings.typical(typeOfRunNode(run.graph, node) ?? "");
    return state && nodeTimeLeft(state, this.#paces.get(keyOf(run.id, node)), typical, now);
  }
}

function keyOf(run: string, node: string): string {
  return `${run}\n${node}`;
}
