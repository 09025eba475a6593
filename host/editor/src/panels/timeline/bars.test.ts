import { describe, expect, it } from "vitest";

import type { NodeRun, Run } from "../../api/contract";
import type { Graph } from "../../graph/document";
import { marksOf, timelineOf } from "./bars";

function run(nodes: Record<string, NodeRun>, more: Partial<Run> = {}): Run {
  const graph = { format: "wirebrush/graph", version: 1, nodes: {} } as const;
  return {
    id: "r",
    status: "running",
    title: "r",
    created_at: 0,
    done: 0,
    total: 0,
    outputs: [],
    graph,
    nodes,
    ...more,
  };
}

describe("the timeline of a run", () => {
  it("has nodes in the order of their starts, those that did not start last", () => {
    const { bars } = timelineOf(
      run({
        z: { state: "queued" },
        b: { state: "finished", started_ms: 5, ms: 3 },
        a: { state: "finished", started_ms: 0, ms: 5 },
      }),
      8,
    );
    expect(bars.map((bar) => bar.node)).toEqual(["a", "b", "z"]);
    expect(bars[2]).not.toHaveProperty("start");
  });

  it("has cached nodes in the order of the graph", () => {
    const graph: Graph = {
      format: "wirebrush/graph",
      version: 1,
      nodes: { a: { type: "t/T", inputs: { text: { from: "z.text" } } }, z: { type: "t/T" } },
    };
    const { bars } = timelineOf(run({ a: { state: "cached" }, z: { state: "cached" } }, { graph }), 0);
    expect(bars.map((bar) => bar.node)).toEqual(["z", "a"]);
  });

  it("draws a running node up to now, and counts work that overlaps twice", () => {
    const { bars, total, work } = timelineOf(
      run({ a: { state: "running", started_ms: 10 }, b: { state: "finished", started_ms: 0, ms: 30 } }),
      50,
    );
    expect(bars.find((bar) => bar.node === "a")?.ms).toBe(40);
    expect({ total, work }).toEqual({ total: 50, work: 70 });
  });

  it("ends when the run ended, also after its last node", () => {
    const ended = run(
      { a: { state: "finished", started_ms: 0, ms: 10 } },
      { status: "finished", started_at: 100, ended_at: 125 },
    );
    expect(timelineOf(ended, 0).total).toBe(25);
  });
});

it.each([
  [0, [0]],
  [10, [0, 5, 10]],
  [2061, [0, 1000, 2000]],
  [430, [0, 200, 400]],
])("an axis of %d ms has round marks", (total, marks) => {
  expect(marksOf(total, 3)).toEqual(marks);
});
