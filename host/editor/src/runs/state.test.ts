import { describe, expect, it } from "vitest";

import type { NodeRun, Run, RunSummary, ServerEvent } from "../api/contract";
import { appendOlder, applyEvent, applyList, applyLog, applyRun, emptyRuns, LOG_LINES, type RunsData } from "./state";

const graph = { format: "wirebrush/graph", version: 1, nodes: {} } as const;

function summary(id: string, more: Partial<RunSummary> = {}): RunSummary {
  return { id, status: "queued", title: id, created_at: 0, done: 0, total: 2, outputs: [], ...more };
}

function run(id: string, nodes: Record<string, NodeRun>, more: Partial<RunSummary> = {}): Run {
  return { ...summary(id, more), graph, nodes };
}

function after(data: RunsData, ...events: ({ type: string } & Record<string, unknown>)[]): RunsData {
  return events.reduce(
    (state, event, index) => applyEvent(state, { sequence: index + 1, ...event } as ServerEvent),
    data,
  );
}

const ids = (data: RunsData) => data.runs.map((candidate) => candidate.id);

describe("the order of the list", () => {
  const data = applyList(emptyRuns, {
    runs: [summary("a", { position: 0 }), summary("b", { position: 1 }), summary("c", { position: 2 })],
    paused: false,
    sequence: 0,
  });

  it("puts a moved run at its new position and counts the others anew", () => {
    const moved = after(data, { type: "run", run: summary("c", { position: 0 }) });
    expect(ids(moved)).toEqual(["c", "a", "b"]);
    expect(moved.runs.map((candidate) => candidate.position)).toEqual([0, 1, 2]);
  });

  it("puts a running run behind the queued ones and an ended one in front of older ended ones", () => {
    const ended = applyEvent(data, {
      sequence: 1,
      type: "run",
      run: summary("a", { status: "finished", ended_at: 10 }),
    });
    const both = after(ended, { type: "run", run: summary("b", { status: "running" }) });
    expect(ids(both)).toEqual(["c", "b", "a"]);
    expect(ids(after(both, { type: "run", run: summary("b", { status: "failed", ended_at: 20 }) }))).toEqual([
      "c",
      "b",
      "a",
    ]);
    expect(ids(after(both, { type: "run", run: summary("b", { status: "failed", ended_at: 5 }) }))).toEqual([
      "c",
      "a",
      "b",
    ]);
  });

  it("closes the gap a removed run leaves", () => {
    const removed = after(data, { type: "run-removed", run: "a" });
    expect(removed.runs.map((candidate) => [candidate.id, candidate.position])).toEqual([
      ["b", 0],
      ["c", 1],
    ]);
  });

  it("adds older runs at the end, each once", () => {
    const older = [summary("c"), summary("old", { status: "finished", ended_at: 1 })];
    expect(ids(appendOlder(data, older))).toEqual(["a", "b", "c", "old"]);
  });
});

describe("details of a run", () => {
  it("take node events as they come, also back to queued", () => {
    const data = applyRun(emptyRuns, run("a", { text: { state: "queued" } }));
    const running = after(data, {
      type: "node",
      run: "a",
      node: "text",
      state: { state: "running", step: 1, total: 2 },
    });
    expect(running.details["a"]?.nodes["text"]).toEqual({ state: "running", step: 1, total: 2 });
  });

  it("keep events that overtook the answer", () => {
    const early = after(emptyRuns, { type: "node", run: "a", node: "text", state: { state: "finished", ms: 4 } });
    const data = applyRun(early, run("a", { text: { state: "running" }, save: { state: "queued" } }));
    expect(data.details["a"]?.nodes).toEqual({ text: { state: "finished", ms: 4 }, save: { state: "queued" } });
    expect(data.early).toEqual({});
  });

  it("do not go back to an earlier event when the answer is newer", () => {
    const early = after(emptyRuns, { type: "node", run: "a", node: "text", state: { state: "running", step: 1 } });
    const data = applyRun(early, run("a", { text: { state: "running", step: 7 } }));
    expect(data.details["a"]?.nodes["text"]).toEqual({ state: "running", step: 7 });
  });

  it("lose an error and a position that a newer summary does not have", () => {
    const data = applyRun(emptyRuns, run("a", {}, { position: 0 }));
    const running = after(data, { type: "run", run: summary("a", { status: "running", done: 1 }) });
    expect(running.details["a"]).not.toHaveProperty("position");
    expect(running.details["a"]?.done).toBe(1);
  });

  it("stay ended when an answer from before the end arrives late", () => {
    const data = applyEvent(emptyRuns, {
      sequence: 1,
      type: "run",
      run: summary("a", { status: "finished", ended_at: 9 }),
    });
    expect(applyRun(data, run("a", {}, { status: "running" })).details["a"]?.status).toBe("finished");
  });

  it("belong to nodes of any name", () => {
    const early = after(emptyRuns, { type: "node", run: "a", node: "constructor", state: { state: "running" } });
    const data = applyRun(early, run("a", { constructor: { state: "queued" } as NodeRun }));
    expect(data.details["a"]?.nodes["constructor"]).toEqual({ state: "running" });
  });
});

describe("log lines", () => {
  const line = (sequence: number): ServerEvent => ({
    sequence,
    type: "log",
    run: "a",
    number: sequence - 1,
    at_ms: sequence,
    node: "text",
    level: "info",
    message: `line ${sequence}`,
  });

  it("are taken once each", () => {
    const data = [line(1), line(2), line(2), line(1)].reduce(applyEvent, emptyRuns);
    expect(data.logs["a"]?.map((entry) => entry.number)).toEqual([0, 1]);
  });

  it("that came before the page was loaded are put before those that events brought", () => {
    const data = [line(3), line(4)].reduce(applyEvent, emptyRuns);
    const lines = [0, 1, 2].map((number) => ({ number, at_ms: 0, node: "text", level: "info" as const, message: "" }));
    expect(applyLog(data, "a", lines).logs["a"]?.map((entry) => entry.number)).toEqual([0, 1, 2, 3]);
  });

  it("go when there are too many, the oldest first", () => {
    let data = emptyRuns;
    for (let sequence = 1; sequence <= LOG_LINES + 3; sequence += 1) data = applyEvent(data, line(sequence));
    expect(data.logs["a"]).toHaveLength(LOG_LINES);
    expect(data.logs["a"]?.[0]?.number).toBe(3);
  });

  it("are forgotten with their run", () => {
    const data = after(applyRun(emptyRuns, run("a", {})), {
      type: "log",
      run: "a",
      number: 0,
      at_ms: 0,
      node: "n",
      level: "info",
      message: "x",
    });
    const gone = applyList(data, { runs: [], paused: false, sequence: 9 });
    expect(gone.logs).toEqual({});
    expect(gone.details).toEqual({});
  });
});

it("an event about something else changes nothing", () => {
  expect(applyEvent(emptyRuns, { sequence: 1, type: "queue", paused: false })).toBe(emptyRuns);
  expect(applyEvent(emptyRuns, { sequence: 2, type: "graph-removed", graph: "g" })).toBe(emptyRuns);
});
