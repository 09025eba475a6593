// @vitest-environment happy-dom
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { recolor } from "../graph/fixtures";
import { moveNodes } from "../graph/places";
import { setInput } from "../graph/values";
import { startKeeping } from "./keeping";
import { restoreDocuments } from "./session";
import { documents, useDocuments } from "./store";
import { DocumentStorage } from "./stored";
import { claimWindow } from "./windows";

const store = () => useDocuments.getState();
const type = (text: string) => store().edit("Type", (graph) => setInput(graph, null, "prompt", "text", text));

/** Locks of all pages; a page that goes lets go of its own. */
class FakeLocks {
  readonly held = new Set<string>();

  request(name: string, _: object, callback: (lock: object | null) => unknown): Promise<unknown> {
    if (this.held.has(name)) return Promise.resolve(callback(null));
    this.held.add(name);
    return Promise.resolve(callback({}));
  }
}

let locks: FakeLocks;

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no connection")));
  locks = new FakeLocks();
  Object.defineProperty(navigator, "locks", { value: locks, configurable: true });
  sessionStorage.clear();
  forget();
});

function forget(): void {
  useDocuments.setState({ tabs: [], active: "" });
}

/** Goes away as a closed tab does: what is in memory is lost, its lock too. */
function leave({ reload }: { reload: boolean }): void {
  forget();
  locks.held.clear();
  if (!reload) sessionStorage.clear();
}

describe("stored documents", () => {
  test("come back with their whole history, undone steps too", async () => {
    const storage = new DocumentStorage();
    const stop = startKeeping(storage, "w");
    store().newDocument(recolor, "Cup");
    for (const text of ["one", "two", "three"]) type(text);
    store().undo();
    const before = documents.active();
    await stop();
    const after = await new DocumentStorage().read(before?.key ?? "");
    expect({ ...after, selection: 0 }).toEqual({ ...before, selection: 0 });
    expect(after?.history.steps.map((step) => step.label)).toEqual(["Type", "Type", "Type"]);
    expect(after?.history.steps[2]?.graph.layout).toBe(after?.history.base.layout);
  });

  test("write only new steps, and none that were replaced come back", async () => {
    const storage = new DocumentStorage();
    const key = store().newDocument(recolor, "Cup");
    const write = async () => {
      const document = documents.document(key);
      if (document) await storage.write(document);
    };
    for (const text of ["one", "two", "three"]) type(text);
    await write();
    store().undo();
    store().undo();
    store().edit("Move", (graph) => moveNodes(graph, null, { photo: [5, 5] }));
    await write();
    const after = await new DocumentStorage().read(key);
    expect(after?.history).toEqual(documents.document(key)?.history);
    expect(after?.history.steps.map((step) => step.label)).toEqual(["Type", "Move"]);
    await storage.remove(key);
    expect(await new DocumentStorage().read(key)).toBeUndefined();
  });

  test("know what is saved, and in which subgraph one was", async () => {
    const storage = new DocumentStorage();
    const key = store().newDocument({ ...recolor, definitions: { Part: { nodes: {} } } }, "Cup");
    type("one");
    store().enter("Part", "");
    documents.update(key, (it) => ({ ...it, saved: { id: "g1", version: 3 }, recovered: true }));
    const document = documents.document(key);
    if (document) await storage.write(document);
    expect(await storage.read(key)).toMatchObject({
      saved: { id: "g1", version: 3 },
      recovered: true,
      scope: "Part",
      dirty: true,
      name: "Cup",
    });
  });

  test("a history of 2000 steps comes back and shares what did not change", async () => {
    const storage = new DocumentStorage();
    const key = store().newDocument(recolor, "Cup");
    for (let step = 0; step < 2000; step++) type(`${step}`);
    const document = documents.document(key);
    if (document) await storage.write(document);
    const after = await new DocumentStorage().read(key);
    expect(after?.history.steps).toHaveLength(2000);
    expect(after?.history.steps[1999]?.graph).toEqual(document?.graph);
    expect(after?.history.steps[1999]?.graph.nodes["t5"]).toBe(after?.history.base.nodes["t5"]);
  });
});

describe("windows", () => {
  const open = async (text: string, windowId: string, storage = new DocumentStorage()) => {
    const stop = startKeeping(storage, windowId);
    store().newDocument(recolor, text);
    type(text);
    await stop();
  };

  test("a reloaded tab has its own documents again", async () => {
    const storage = new DocumentStorage();
    const { id } = await claimWindow(storage);
    await open("mine", id);
    leave({ reload: true });
    const claim = await claimWindow(storage);
    expect(claim.id).toBe(id);
    expect(claim.own?.keys).toHaveLength(1);
  });

  test("a duplicated tab begins anew while the other lives", async () => {
    const storage = new DocumentStorage();
    const { id } = await claimWindow(storage);
    await open("mine", id);
    const claim = await claimWindow(storage);
    expect(claim.id).not.toBe(id);
    expect(claim).toMatchObject({ left: [] });
    expect(claim).not.toHaveProperty("own");
  });

  test("a new tab takes over what crashed ones left, once, and nothing of those that live", async () => {
    const storage = new DocumentStorage();
    await open("crashed", "crashed");
    forget();
    await open("alive", "alive");
    locks.held.add("wirebrush-window:alive");
    const claim = await claimWindow(storage);
    expect(claim.left).toHaveLength(1);
    expect(Object.keys(await storage.windows())).toEqual(["alive"]);
    locks.held.delete(`wirebrush-window:${claim.id}`);
    sessionStorage.clear();
    expect((await claimWindow(storage)).left).toEqual([]);
  });

  test("without locks nothing is taken over, and a reloaded tab has its own", async () => {
    Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
    await open("other", "other");
    const storage = new DocumentStorage();
    const first = await claimWindow(storage);
    expect(first.left).toEqual([]);
    expect((await claimWindow(storage)).id).toBe(first.id);
  });
});

describe("a session", () => {
  test("begins with nothing, and after a crash with the unsaved work", async () => {
    expect(await restoreDocuments()).toBe(false);
    store().newDocument(recolor, "Cup");
    type("unsaved");
    const storage = new DocumentStorage();
    await vi.waitUntil(async () => (await storage.read(store().active))?.canUndo);
    await vi.waitUntil(async () => Object.values(await storage.windows()).some((it) => it.keys.length === 1));
    // The page that comes next shares nothing with the one that crashed but the database.
    locks.held.clear();
    sessionStorage.clear();
    vi.resetModules();
    const [session, next] = [await import("./session"), await import("./store")];
    expect(await session.restoreDocuments()).toBe(true);
    expect(next.documents.active()).toMatchObject({ name: "Cup", dirty: true, canUndo: true });
    next.useDocuments.getState().undo();
    expect(next.documents.active()?.graph).toEqual(recolor);
  });

  test("works without a database", async () => {
    vi.stubGlobal("indexedDB", undefined);
    expect(await restoreDocuments()).toBe(false);
    store().newDocument(recolor);
    type("a");
    expect(documents.active()?.canUndo).toBe(true);
  });
});
