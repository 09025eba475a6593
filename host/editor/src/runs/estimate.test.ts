// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";

import type { NodeRun, Run } from "../api/contract";
import type { Graph } from "../graph/document";
import { nodeTimeLeft, runTimeLeft, updatePace } from "./estimate";
import { Timings } from "./timings";

describe("the time left", () => {
  const running = (step: number): NodeRun => ({ state: "running", step, total: 10 });

  it("follows the pace of the steps seen", () => {
    const first = updatePace(undefined, running(2), 1000);
    const second = updatePace(first, running(4), 1400);
    expect(nodeTimeLeft(running(4), second, undefined, 1400)).toBe(1200);
    expect(nodeTimeLeft(running(4), second, undefined, 1500)).toBe(1100);
  });

  it("comes from earlier runs before a step was seen, and is unknown without any", () => {
    const first = updatePace(undefined, running(0), 1000);
    expect(nodeTimeLeft(running(0), first, { ms: 9, stepMs: 50 }, 1000)).toBe(500);
    expect(nodeTimeLeft(running(0), first, undefined, 1000)).toBeUndefined();
  });

  it("is never below zero", () => {
    const pace = updatePace(undefined, { state: "running" }, 0);
    expect(nodeTimeLeft({ state: "running" }, pace, { ms: 100 }, 5000)).toBe(0);
  });

  it("of a run sums what is known of its remaining nodes", () => {
    const graph: Graph = {
      format: "wirebrush/graph",
      version: 1,
      nodes: { a: { type: "t/A" }, b: { type: "t/B" }, c: { type: "t/C" } },
    };
    const run = { graph, nodes: { a: { state: "finished" }, b: { state: "queued" }, c: { state: "queued" } } };
    const typical = (type: string) => (type === "t/B" ? { ms: 70 } : undefined);
    expect(runTimeLeft(run as unknown as Run, () => undefined, typical, 0)).toBe(70);
    expect(
      runTimeLeft(
        run as unknown as Run,
        () => undefined,
        () => undefined,
        0,
      ),
    ).toBeUndefined();
  });
});

describe("timings of earlier runs", () => {
  it("give the median, so that one slow run does not count", () => {
    const timings = new Timings();
    for (const ms of [10, 12, 9000]) timings.record("t/A", ms, 4);
    expect(timings.typical("t/A")).toEqual({ ms: 12, stepMs: 3 });
    expect(timings.typical("t/B")).toBeUndefined();
  });

  it("survive a reload and broken storage", () => {
    localStorage.clear();
    new Timings(localStorage).record("t/A", 10);
    expect(new Timings(localStorage).typical("t/A")).toEqual({ ms: 10 });
    localStorage.setItem("wirebrush-timings", '{"t/A": {"ms": ["x"], "step": []}, "t/B": 3');
    expect(new Timings(localStorage).typical("t/A")).toBeUndefined();
  });
});
