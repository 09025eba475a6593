/** What happens by itself: validation, drafts, news from other clients. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ServerEvent } from "../api/contract";
import { live, type Listener } from "../api/live";
import { recolor } from "../graph/fixtures";
import { moveNodes } from "../graph/places";
import { setInput } from "../graph/values";
import { startDrafts } from "./drafts";
import { FakeServer, textOf } from "./fixtures/server";
import { checkAll, startFollowing } from "./following";
import { documents, useDocuments } from "./store";
import { startValidating } from "./validating";

let server: FakeServer;
const stops: (() => void)[] = [];
const store = () => useDocuments.getState();
const active = () => {
  const document = documents.active();
  if (document === undefined) throw new Error("no document");
  return document;
};
const say = (text: string) => setInput(recolor, null, "prompt", "text", text);
const type = (text: string) => store().edit("Type", (graph) => setInput(graph, null, "prompt", "text", text));
const problem = {
  severity: "error",
  code: "missing",
  path: "nodes.t5.inputs.text",
  expected: "text",
  found: "nothing",
} as const;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  useDocuments.setState({ tabs: [], active: "" });
});

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("validation", () => {
  const asks = () => server.asked.filter((it) => it === "POST validate").length;

  beforeEach(() => {
    stops.push(startValidating());
    store().newDocument(recolor);
  });

  test("comes once a moment after the last change", async () => {
    server.problems = [problem];
    type("a");
    await vi.advanceTimersByTimeAsync(299);
    type("ab");
    await vi.advanceTimersByTimeAsync(299);
    expect(asks()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(asks()).toBe(1);
    expect(active().problems).toEqual([problem]);
  });

  test("does not come for places or drags", async () => {
    await vi.advanceTimersByTimeAsync(300);
    store().edit("Move", (graph) => moveNodes(graph, null, { photo: [5, 5] }));
    store().transient((graph) => moveNodes(graph, null, { photo: [6, 6] }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(asks()).toBe(1);
  });

  test("takes no answer that is older than the last question", async () => {
    let open = () => {};
    server.gate = new Promise((resolve) => (open = resolve));
    await vi.advanceTimersByTimeAsync(300);
    type("new");
    await vi.advanceTimersByTimeAsync(300);
    server.problems = [problem];
    open();
    await vi.advanceTimersByTimeAsync(0);
    expect(active().problems).toEqual([problem]);
    expect(asks()).toBe(2);
  });

  test("keeps the last problems without a server and asks again with the next change", async () => {
    server.problems = [problem];
    await vi.advanceTimersByTimeAsync(300);
    server.reachable = false;
    type("new");
    await vi.advanceTimersByTimeAsync(300);
    expect(active().problems).toEqual([problem]);
    server.reachable = true;
    server.problems = [];
    store().edit("Move", (graph) => moveNodes(graph, null, { photo: [5, 5] }));
    await vi.advanceTimersByTimeAsync(300);
    expect(active().problems).toEqual([]);
  });
});

describe("drafts", () => {
  beforeEach(async () => {
    stops.push(startDrafts());
    await store().openSaved(server.save(recolor));
  });

  test("go to the server half a second after the last change of a saved graph", async () => {
    type("a");
    await vi.advanceTimersByTimeAsync(499);
    expect(server.draft("g1")).toBeUndefined();
    type("ab");
    await vi.advanceTimersByTimeAsync(500);
    expect(server.draft("g1")).toMatchObject({ base_version: 1 });
    expect(textOf(server.draft("g1")?.graph)).toBe("ab");
    expect(server.asked.filter((it) => it.includes("draft"))).toHaveLength(1);
  });

  test("go away with the last unsaved change", async () => {
    type("a");
    await vi.advanceTimersByTimeAsync(500);
    store().undo();
    await vi.advanceTimersByTimeAsync(500);
    expect(server.draft("g1")).toBeUndefined();
    expect(server.asked.at(-1)).toBe("DELETE graphs/g1/draft");
  });

  test("go away when the document is closed", async () => {
    type("a");
    await vi.advanceTimersByTimeAsync(500);
    store().close(store().active);
    await vi.advanceTimersByTimeAsync(500);
    expect(server.draft("g1")).toBeUndefined();
  });

  test("are not made of graphs that were never saved, nor by opening", async () => {
    store().newDocument(recolor);
    type("a");
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.asked.filter((it) => it.includes("draft"))).toEqual([]);
  });

  test("of what comes back after a reload are sent, and go when it is undone", async () => {
    stops.pop()?.();
    type("a");
    stops.push(startDrafts());
    await vi.advanceTimersByTimeAsync(500);
    expect(textOf(server.draft("g1")?.graph)).toBe("a");
    store().undo();
    await vi.advanceTimersByTimeAsync(500);
    expect(server.draft("g1")).toBeUndefined();
  });

  test("that the server refuses show the conflict", async () => {
    server.save(say("theirs"), "g1");
    type("mine");
    await vi.advanceTimersByTimeAsync(500);
    expect(active().conflict).toEqual({ version: 2 });
  });

  test("are sent at once when it stops", async () => {
    type("a");
    stops.pop()?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(textOf(server.draft("g1")?.graph)).toBe("a");
  });
});

describe("news", () => {
  let hear: (event: ServerEvent) => Promise<void>;

  beforeEach(async () => {
    vi.spyOn(live, "listen").mockImplementation((listener: Listener) => {
      hear = async (event) => {
        listener.onEvent?.(event);
        await vi.advanceTimersByTimeAsync(0);
      };
      return () => {};
    });
    stops.push(startFollowing());
    await store().openSaved(server.save(recolor));
  });

  const saved = (version: number): ServerEvent => ({
    sequence: 1,
    type: "graph",
    graph: { id: "g1", name: "Cup", version, saved_at: 0, has_draft: false },
  });

  test("of a newer version are a conflict for unsaved changes", async () => {
    server.save(say("theirs"), "g1");
    type("mine");
    await hear(saved(2));
    expect(active()).toMatchObject({ conflict: { version: 2 }, dirty: true });
    expect(textOf(active().graph)).toBe("mine");
  });

  test("of a newer version are shown by an unchanged document", async () => {
    server.save(say("theirs"), "g1", "Their cup");
    await hear(saved(2));
    expect(active()).toMatchObject({ saved: { version: 2 }, dirty: false, name: "Their cup" });
    expect(active()).not.toHaveProperty("conflict");
    expect(textOf(active().graph)).toBe("theirs");
  });

  test("of a change that began while the newer version came are a conflict", async () => {
    server.save(say("theirs"), "g1");
    let open = () => {};
    server.gate = new Promise((resolve) => (open = resolve));
    await hear(saved(2));
    type("mine");
    open();
    await vi.advanceTimersByTimeAsync(0);
    expect(active()).toMatchObject({ conflict: { version: 2 }, dirty: true });
    expect(textOf(active().graph)).toBe("mine");
  });

  test("of what this window saves itself are none", async () => {
    type("mine");
    let open = () => {};
    server.gate = new Promise((resolve) => (open = resolve));
    const save = store().save();
    await hear(saved(2));
    open();
    await save;
    await vi.advanceTimersByTimeAsync(0);
    expect(active()).toMatchObject({ saved: { version: 2 }, dirty: false });
    expect(active()).not.toHaveProperty("conflict");
  });

  test("of a removed graph make it one that was never saved", async () => {
    await hear({ sequence: 2, type: "graph-removed", graph: "g1" });
    expect(active()).not.toHaveProperty("saved");
    expect(active().graph).toEqual(recolor);
  });

  test("that were missed are caught up with", async () => {
    server.save(say("theirs"), "g1");
    await checkAll();
    expect(textOf(active().graph)).toBe("theirs");
    server.graphs.clear();
    await checkAll();
    expect(active()).not.toHaveProperty("saved");
  });
});
