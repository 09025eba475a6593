import { beforeEach, describe, expect, it, vi } from "vitest";

import { api, ApiFailure } from "../api/client";
import type { NewRun, Run, RunList, RunSummary, ServerEvent } from "../api/contract";
import { live, type Listener } from "../api/live";
import { useDocuments } from "../documents/store";
import type { Graph } from "../graph/document";
import { startRuns } from "./connection";
import { setSeedMode } from "./seeds";
import { receive, receivePreview, takeList, useRuns } from "./store";

const graph: Graph = {
  format: "wirebrush/graph",
  version: 1,
  nodes: {
    sample: { type: "kontext/FlowSample", inputs: { seed: 5 } },
    look: { type: "#Look" },
  },
  definitions: { Look: { nodes: { blur: { type: "image/Blur" } } } },
};

function summary(id: string, more: Partial<RunSummary> = {}): RunSummary {
  return { id, status: "running", title: id, created_at: 0, done: 0, total: 2, outputs: [], ...more };
}

function runOf(id: string, more: Partial<Run> = {}): Run {
  return { ...summary(id), graph, nodes: { sample: { state: "queued" }, "look/blur": { state: "queued" } }, ...more };
}

const list = (runs: RunSummary[], sequence = 0): RunList => ({ runs, paused: false, sequence });
const store = () => useRuns.getState();
const unreachable = new ApiFailure(0, { code: "unreachable", message: "no answer" });

beforeEach(() => {
  vi.restoreAllMocks();
  vi.spyOn(api.runs, "get").mockImplementation((id) => Promise.resolve(runOf(id)));
  useDocuments.getState().newDocument(graph, "Test");
  takeList(list([]));
});

describe("running the document", () => {
  let sent: NewRun[];
  beforeEach(() => {
    sent = [];
    vi.spyOn(api.runs, "create").mockImplementation((run) => {
      sent.push(run);
      return Promise.resolve(runOf(run.id ?? "", { graph: run.graph }));
    });
  });

  it("shows the new run at once and moves seeds on after it", async () => {
    setSeedMode(useDocuments.getState().active, "sample", "seed", "increment");
    await store().runAll();
    expect(store().current?.id).toBe(sent[0]?.id);
    expect(sent[0]?.graph.nodes["sample"]?.inputs?.["seed"]).toBe(5);
    const { tabs, active } = useDocuments.getState();
    expect(tabs.find((tab) => tab.key === active)?.graph.nodes["sample"]?.inputs?.["seed"]).toBe(6);
  });

  it("sends as many runs as were asked for, each with the seed the one before left", async () => {
    setSeedMode(useDocuments.getState().active, "sample", "seed", "increment");
    const asked = [store().runAll(), store().runAll(), store().runAll()];
    expect(store().starting).toBe(true);
    await Promise.all(asked);
    expect(sent.map((run) => run.graph.nodes["sample"]?.inputs?.["seed"])).toEqual([5, 6, 7]);
    expect(store().starting).toBe(false);
  });

  it("asks for what one node needs by its name in the run", async () => {
    useDocuments.getState().enter("Look", "look");
    await store().runTo("blur");
    expect(sent[0]?.wanted).toEqual(["look/blur"]);
  });

  it("sends the same run again when the server was not reached", async () => {
    vi.mocked(api.runs.create).mockRejectedValueOnce(unreachable);
    await store().runAll();
    expect(vi.mocked(api.runs.create).mock.calls.map(([run]) => run.id)).toEqual([sent[0]?.id, sent[0]?.id]);
  });

  it("tells why the server refused it, and forgets that with the next attempt", async () => {
    const problems = [{ severity: "error" as const, code: "x", path: "nodes.sample", expected: "a", found: "b" }];
    vi.mocked(api.runs.create).mockRejectedValueOnce(
      new ApiFailure(422, { code: "invalid-graph", message: "no", problems }),
    );
    await expect(store().runAll()).rejects.toThrow("no");
    expect(store().refusal).toEqual({ message: "no", problems });
    expect(store().starting).toBe(false);
    await store().runAll();
    expect(store().refusal).toBeUndefined();
  });

  it("belongs to the document it was started from", async () => {
    await store().runAll();
    const first = useDocuments.getState().active;
    useDocuments.getState().newDocument(graph, "Another");
    expect(store().current).toBeUndefined();
    useDocuments.getState().activate(first);
    expect(store().current?.id).toBe(sent[0]?.id);
  });
});

describe("what nodes show", () => {
  beforeEach(async () => {
    vi.spyOn(api.runs, "create").mockImplementation((run) => Promise.resolve(runOf(run.id ?? "")));
    await store().runAll();
  });

  it("is their state, for an instance that of its inside, and by the inner name when it is entered", () => {
    const id = store().current?.id ?? "";
    receive(
      [{ sequence: 1, type: "node", run: id, node: "look/blur", state: { state: "running", step: 1, total: 4 } }],
      0,
    );
    expect(store().nodeRun("sample")).toEqual({ state: "queued" });
    expect(store().nodeRun("look")).toEqual({ state: "running", step: 1, total: 4 });
    expect(store().nodeRun("look")).toBe(store().nodeRun("look"));
    useDocuments.getState().enter("Look", "look");
    expect(store().nodeRun("blur")).toMatchObject({ step: 1 });
    expect(store().nodeRun("sample")).toBeUndefined();
  });

  it("is the newest preview, for an instance one of its inside", () => {
    const id = store().current?.id ?? "";
    receivePreview({ run: id, node: "look/blur", media_type: "image/png" }, new Blob(["a"]));
    expect(store().preview("look")).toMatch(/^blob:/);
    expect(store().livePreview()).toBe(store().preview("look"));
    expect(store().preview("sample")).toBeUndefined();
  });

  it("is the last result there is while a new run goes on", async () => {
    const first = store().current?.id ?? "";
    const output = { name: "save.file", node: "sample", output: "file", value: { kind: "bytes", summary: "PNG" } };
    const ended = summary(first, { status: "finished", ended_at: 9, outputs: [output] });
    receive([{ sequence: 1, type: "run", run: ended }], 0);
    expect(store().outputsOf("sample")).toEqual([output]);
    await store().runAll();
    expect(store().current?.id).not.toBe(first);
    expect(store().outputsOf("sample")).toEqual([output]);
    expect(store().results).toEqual([output]);
  });

  it("is a peeked value, asked for once", async () => {
    const value = { kind: "int", summary: "3", value: 3 };
    const ask = vi.spyOn(api.runs, "value").mockResolvedValue(value);
    expect(await store().peek("sample.latent")).toEqual(value);
    expect(await store().peek("sample.latent")).toEqual(value);
    expect(ask.mock.calls).toEqual([[store().current?.id, "sample.latent"]]);
  });

  it("says that a run is being cancelled until the server confirms it", async () => {
    const id = store().current?.id ?? "";
    vi.spyOn(api.runs, "cancel").mockResolvedValue(runOf(id, { status: "running" }));
    await store().cancel(id);
    expect(store().cancelling.has(id)).toBe(true);
    receive([{ sequence: 1, type: "run", run: summary(id, { status: "cancelled", ended_at: 3 }) }], 0);
    expect(store().cancelling.has(id)).toBe(false);
  });
});

describe("the stream of events", () => {
  let say: (event: ServerEvent) => void;
  let stop: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(live, "listen").mockImplementation((listener: Listener) => {
      say = (event) => listener.onEvent?.(event);
      return () => {};
    });
    stop = startRuns();
    return () => {
      stop();
      vi.useRealTimers();
    };
  });

  const titles = () => store().runs.map((run) => run.title);
  const event = (sequence: number, title: string): ServerEvent => ({
    sequence,
    type: "run",
    run: summary("a", { title }),
  });

  it("begins with the list; events that waited for it follow, those it includes do not", async () => {
    let answer: (runs: RunList) => void = () => {};
    vi.spyOn(api.runs, "list").mockReturnValue(new Promise((resolve) => (answer = resolve)));
    say({ sequence: 4, type: "hello" });
    say(event(5, "old"));
    say(event(7, "new"));
    await vi.advanceTimersByTimeAsync(50);
    expect(titles()).toEqual([]);
    answer(list([summary("a", { title: "listed" }), summary("b")], 6));
    await vi.advanceTimersByTimeAsync(50);
    expect(titles()).toEqual(["b", "new"]);
  });

  it("goes on after a dropped connection without fetching anything", async () => {
    const fetched = vi.spyOn(api.runs, "list").mockResolvedValue(list([summary("a")], 1));
    say({ sequence: 1, type: "hello" });
    await vi.advanceTimersByTimeAsync(50);
    say({ sequence: 1, type: "hello" });
    say(event(2, "later"));
    await vi.advanceTimersByTimeAsync(50);
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(titles()).toEqual(["later"]);
  });

  it("is fetched anew after a reset, also when numbers start over", async () => {
    const fetched = vi.spyOn(api.runs, "list").mockResolvedValue(list([summary("a")], 900));
    say({ sequence: 900, type: "hello" });
    await vi.advanceTimersByTimeAsync(50);
    fetched.mockResolvedValue(list([summary("a", { title: "after" })], 3));
    say({ sequence: 3, type: "reset" });
    await vi.advanceTimersByTimeAsync(50);
    say(event(4, "newest"));
    await vi.advanceTimersByTimeAsync(50);
    expect(titles()).toEqual(["newest"]);
  });

  it("asks again until the server answers", async () => {
    const fetched = vi
      .spyOn(api.runs, "list")
      .mockRejectedValueOnce(unreachable)
      .mockResolvedValue(list([summary("a")], 1));
    say({ sequence: 1, type: "hello" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(fetched).toHaveBeenCalledTimes(2);
    expect(titles()).toEqual(["a"]);
  });
});
