/** The states a document went through, each with what was done to reach it. */
import type { Graph } from "../graph/document";
import { equal } from "../graph/equal";

export interface Step {
  /** What was done, as a menu has it: `Move 3 nodes`. */
  readonly label: string;
  /** The graph afterwards. */
  readonly graph: Graph;
  /** Steps that follow each other with the same key are one. */
  readonly merge?: string;
}

/** Everything that can be undone and redone. Graphs share what did not change, so steps are small. */
export interface History {
  /** The graph before the first step. */
  readonly base: Graph;
  readonly steps: readonly Step[];
  /** How many of the steps are done; the others are undone. */
  readonly at: number;
}

export function newHistory(base: Graph): History {
  return { base, steps: [], at: 0 };
}

/** The graph as it is now. */
export function present(history: History): Graph {
  return history.steps[history.at - 1]?.graph ?? history.base;
}

/** The step that `undo` takes back. */
export function undoable(history: History): Step | undefined {
  return history.steps[history.at - 1];
}

/** The step that `redo` does again. */
export function redoable(history: History): Step | undefined {
  return history.steps[history.at];
}

/** The history with one more step; what was undone is forgotten. Unchanged when the graph is. */
export function record(history: History, label: string, graph: Graph, merge?: string): History {
  if (graph === present(history)) return history;
  const last = undoable(history);
  const merges = merge !== undefined && last?.merge === merge && history.at === history.steps.length;
  const kept = history.steps.slice(0, merges ? history.at - 1 : history.at);
  if (merges && equal(graph, kept.at(-1)?.graph ?? history.base)) return { ...history, steps: kept, at: kept.length };
  const steps = [...kept, { label, graph, ...(merge === undefined ? {} : { merge }) }];
  return { base: history.base, steps, at: steps.length };
}

export function undo(history: History): History {
  return history.at === 0 ? history : { ...history, at: history.at - 1 };
}

export function redo(history: History): History {
  return history.at === history.steps.length ? history : { ...history, at: history.at + 1 };
}

/** The history whose last step merges with none that follow. */
export function sealed(history: History): History {
  const last = undoable(history);
  if (last?.merge === undefined) return history;
  const { merge: _, ...step } = last;
  return { ...history, steps: history.steps.with(history.at - 1, step) };
}
