import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { recolor } from "../graph/fixtures";
import { setInput } from "../graph/values";
import { FakeServer, textOf } from "./fixtures/server";
import { documents, useDocuments } from "./store";

let server: FakeServer;
const store = () => useDocuments.getState();
const active = () => {
  const document = documents.active();
  if (document === undefined) throw new Error("no document");
  return document;
};
const say = (text: string) => setInput(recolor, null, "prompt", "text", text);
const type = (text: string) => store().edit("Type", (graph) => setInput(graph, null, "prompt", "text", text));

beforeEach(() => {
  server = new FakeServer();
  useDocuments.setState({ tabs: [], active: "" });
});
afterEach(() => vi.unstubAllGlobals());

describe("saving", () => {
  test("a new document becomes a saved one, then its next version", async () => {
    store().newDocument(recolor, "Cup");
    type("one");
    expect(await store().save()).toBe(true);
    expect(active()).toMatchObject({ saved: { id: "g1", version: 1 }, dirty: false, canUndo: true, name: "Cup" });
    type("two");
    store().rename("Red cup");
    expect(await store().save()).toBe(true);
    expect(active()).toMatchObject({ saved: { id: "g1", version: 2 }, dirty: false, name: "Red cup" });
    expect(server.newest("g1")?.title).toBe("Red cup");
    expect(textOf(server.newest("g1"))).toBe("two");
    expect(server.graphs.get("g1")?.info.name).toBe("Red cup");
  });

  test("what is changed while it is being saved stays unsaved", async () => {
    store().newDocument(recolor, "Cup");
    let open = () => {};
    server.gate = new Promise((resolve) => (open = resolve));
    const saved = store().save();
    await vi.waitUntil(() => server.asked.length === 1);
    type("later");
    open();
    await saved;
    expect(active()).toMatchObject({ saved: { version: 1 }, dirty: true });
    expect(textOf(server.newest("g1"))).toBe("make the circle purple");
  });

  test("saving twice at once makes two versions, one after the other", async () => {
    await store().openSaved(server.save(recolor));
    type("one");
    expect(await Promise.all([store().save(), store().save()])).toEqual([true, true]);
    expect(active().saved?.version).toBe(3);
    expect(active().conflict).toBeUndefined();
  });

  test("undoing behind a save is an unsaved change", async () => {
    store().newDocument(recolor, "Cup");
    type("one");
    await store().save();
    store().undo();
    expect(active().dirty).toBe(true);
    store().redo();
    expect(active().dirty).toBe(false);
  });

  test("as a new graph leaves the old one as it was, without a draft", async () => {
    const id = server.save(recolor);
    await store().openSaved(id);
    type("one");
    await store().saveAs("Copy");
    expect(active()).toMatchObject({ saved: { id: "g2", version: 1 }, name: "Copy", dirty: false });
    expect(textOf(server.newest(id))).toBe("make the circle purple");
    expect(server.asked).toContain(`DELETE graphs/${id}/draft`);
  });

  test("fails with the server's reason and changes nothing", async () => {
    store().newDocument(recolor, "Cup");
    server.reachable = false;
    await expect(store().save()).rejects.toMatchObject({ code: "unreachable" });
    expect(active()).not.toHaveProperty("saved");
    server.reachable = true;
    expect(await store().save()).toBe(true);
  });
});

describe("a conflict", () => {
  beforeEach(async () => {
    await store().openSaved(server.save(recolor));
    server.save(say("theirs"), "g1");
    type("mine");
    expect(await store().save()).toBe(false);
  });

  test("is noticed, and nothing is overwritten", () => {
    expect(active()).toMatchObject({ conflict: { version: 2 }, dirty: true, saved: { version: 1 } });
    expect(textOf(server.newest("g1"))).toBe("theirs");
  });

  test("ends by overwriting", async () => {
    expect(await store().overwrite()).toBe(true);
    expect(active()).toMatchObject({ saved: { version: 3 }, dirty: false });
    expect(active()).not.toHaveProperty("conflict");
    expect(textOf(server.newest("g1"))).toBe("mine");
  });

  test("stays when somebody saves once more before overwriting", async () => {
    server.save(say("theirs again"), "g1");
    expect(await store().overwrite()).toBe(false);
    expect(active().conflict).toEqual({ version: 3 });
  });

  test("ends by saving under another name", async () => {
    await store().saveAs("Mine");
    expect(active()).toMatchObject({ saved: { id: "g2", version: 1 }, dirty: false });
    expect(active()).not.toHaveProperty("conflict");
  });

  test("ends by loading what was saved, and mine is one undo away", async () => {
    await store().reloadSaved();
    expect(active()).toMatchObject({ saved: { version: 2 }, dirty: false });
    expect(active()).not.toHaveProperty("conflict");
    expect(textOf(active().graph)).toBe("theirs");
    store().undo();
    expect(textOf(active().graph)).toBe("mine");
    expect(active().dirty).toBe(true);
  });
});

describe("opening", () => {
  test("the same graph twice brings its tab to the front", async () => {
    const id = server.save(recolor);
    const key = await store().openSaved(id);
    store().newDocument();
    expect(await store().openSaved(id)).toBe(key);
    expect(store().active).toBe(key);
    const keys = await Promise.all(
      [server.save(recolor)].flatMap((other) => [store().openSaved(other), store().openSaved(other)]),
    );
    expect(new Set(keys).size).toBe(1);
    expect(store().tabs).toHaveLength(3);
  });

  test("a graph with a draft restores it as an unsaved change", async () => {
    const id = server.save(recolor);
    const kept = server.graphs.get(id);
    if (kept) kept.draft = { graph: say("unsaved"), base_version: 1, saved_at: 0 };
    await store().openSaved(id);
    expect(active()).toMatchObject({ recovered: true, dirty: true, saved: { version: 1 } });
    expect(textOf(active().graph)).toBe("unsaved");
    store().undo();
    expect(active()).toMatchObject({ dirty: false });
  });

  test("a graph with a draft on an older version is in conflict", async () => {
    const id = server.save(recolor);
    server.save(say("newer"), id);
    const kept = server.graphs.get(id);
    if (kept) kept.draft = { graph: say("unsaved"), base_version: 1, saved_at: 0 };
    await store().openSaved(id);
    expect(active()).toMatchObject({ recovered: true, conflict: { version: 2 }, saved: { version: 1 } });
    expect(await store().save()).toBe(false);
  });

  test("a draft that equals what is saved is none", async () => {
    const id = server.save(recolor);
    const kept = server.graphs.get(id);
    if (kept) kept.draft = { graph: structuredClone(recolor), base_version: 1, saved_at: 0 };
    await store().openSaved(id);
    expect(active()).toMatchObject({ dirty: false, canUndo: false });
  });

  test("an older version is an unsaved change", async () => {
    const id = server.save(recolor);
    server.save(say("two"), id);
    await store().openSaved(id);
    expect((await store().versions()).map((it) => it.version)).toEqual([2, 1]);
    await store().openVersion(1);
    expect(active()).toMatchObject({ dirty: true, undoLabel: "Restore version 1", saved: { version: 2 } });
    expect(textOf(active().graph)).toBe("make the circle purple");
  });

  test("a template or a file is a new document without unsaved changes", async () => {
    store().openTemplate({ id: "recolor", title: "Recolor", graph: recolor });
    expect(active()).toMatchObject({ name: "Recolor", dirty: false });
    store().openImported({ graph: recolor }, "cup.png");
    expect(active()).toMatchObject({ name: "cup.png", dirty: false });
    expect(await store().versions()).toEqual([]);
  });

  test("what is no graph is refused with a sentence, and as a draft it is left", async () => {
    const bad = { ...recolor, nodes: { a: 5 } } as never;
    await expect(store().openSaved(server.save(bad, "bad"))).rejects.toMatchObject({
      message: "The graph cannot be shown. Its nodes cannot be read.",
    });
    const id = server.save(recolor);
    const kept = server.graphs.get(id);
    if (kept) kept.draft = { graph: bad, base_version: 1, saved_at: 0 };
    await store().openSaved(id);
    expect(active()).toMatchObject({ dirty: false });
  });

  test("a graph that is not there fails and opens nothing", async () => {
    await expect(store().openSaved("gone")).rejects.toMatchObject({ status: 404 });
    expect(store().tabs).toEqual([]);
  });
});
