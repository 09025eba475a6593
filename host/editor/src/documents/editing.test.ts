import { beforeEach, describe, expect, test } from "vitest";
import { catalog, nodesInfo, recolor } from "../graph/fixtures";
import { addNode, removeNodes } from "../graph/nodes";
import { moveNodes, placeOf } from "../graph/places";
import { renameDefinition } from "../graph/definitions";
import { makeSubgraph } from "../graph/makeSubgraph";
import { setInput } from "../graph/values";
import { setNodes } from "./catalog";
import { documents, useDocuments } from "./store";

const store = () => useDocuments.getState();
const active = () => {
  const document = documents.active();
  if (document === undefined) throw new Error("no document");
  return document;
};
const type = (text: string, merge?: string) =>
  store().edit("Type", (graph) => setInput(graph, null, "prompt", "text", text), merge === undefined ? {} : { merge });

beforeEach(() => {
  useDocuments.setState({ tabs: [], active: "" });
  store().newDocument(recolor);
});

describe("editing", () => {
  test("is undone and redone exactly, with the names of the steps", () => {
    type("a green cup");
    const typed = active().graph;
    expect(active()).toMatchObject({ dirty: true, canUndo: true, canRedo: false, undoLabel: "Type" });
    store().undo();
    expect(active().graph).toBe(recolor);
    expect(active()).toMatchObject({ dirty: false, canUndo: false, canRedo: true, redoLabel: "Type" });
    expect(active()).not.toHaveProperty("undoLabel");
    store().redo();
    expect(active().graph).toBe(typed);
  });

  test("that leads back to what is saved leaves nothing unsaved", () => {
    type("a green cup");
    type("make the circle purple");
    expect(active()).toMatchObject({ dirty: false, canUndo: true });
  });

  test("that changes nothing is no step", () => {
    store().edit("Nothing", (graph) => graph);
    type("make the circle purple");
    expect(active().canUndo).toBe(false);
  });

  test("of a run of keys is one step", () => {
    for (const text of ["a", "a ", "a c", "a cup"]) type(text, "prompt.text");
    store().undo();
    expect(active().graph).toBe(recolor);
  });

  test("a drag is seen at once and is one step at its end", () => {
    for (const x of [1, 2, 3]) store().transient((graph) => moveNodes(graph, null, { photo: [x, 0] }));
    expect(placeOf(active().graph, "photo")).toEqual([3, 0]);
    expect(active().canUndo).toBe(false);
    store().commit("Move");
    expect(active().undoLabel).toBe("Move");
    store().undo();
    expect(active().graph).toBe(recolor);
  });

  test("a drag is taken back by abandoning it or by undo, without a step", () => {
    type("a cup");
    const typed = active().graph;
    for (const back of [store().abandon, store().undo]) {
      store().transient((graph) => moveNodes(graph, null, { photo: [9, 9] }));
      back();
      expect(active().graph).toBe(typed);
    }
    store().commit("Nothing");
    expect(active().undoLabel).toBe("Type");
  });

  test("a plugin that is used anew becomes a requirement, in the same step", () => {
    setNodes(nodesInfo);
    store().newDocument();
    store().edit("Add", (graph) => addNode(graph, null, "kontext/VAEDecode", [0, 0]).graph);
    expect(active().graph.requires).toEqual({ kontext: "^0.1" });
    store().undo();
    expect(active().graph.requires).toBeUndefined();
  });
});

describe("the selection", () => {
  test("holds nodes that are there only", () => {
    store().select(["photo", "gone"]);
    expect([...active().selection]).toEqual(["photo"]);
    const before = active();
    store().select(["photo"]);
    expect(active()).toBe(before);
    store().edit("Remove", (graph) => removeNodes(graph, null, ["photo"]));
    expect(active().selection.size).toBe(0);
  });
});

describe("subgraphs", () => {
  test("are entered through an instance and left to it; one that is undone is left by itself", () => {
    store().edit("Group", (graph) => {
      const made = makeSubgraph(graph, null, ["t5", "clip"], "Encode", catalog);
      return made.ok ? made.graph : graph;
    });
    store().select(["photo"]);
    store().enter("Encode", "Encode");
    expect(active()).toMatchObject({
      scope: "Encode",
      scopes: ["Encode"],
      instances: ["Encode"],
      selection: new Set(),
    });
    store().leave();
    expect(active()).toMatchObject({ scope: null, scopes: [], instances: [], selection: new Set(["Encode"]) });
    store().leave();
    store().enter("Encode");
    store().enter("Gone");
    expect(active().scopes).toEqual(["Encode"]);
    store().undo();
    expect(active()).toMatchObject({ scope: null, scopes: [], instances: [] });
  });
});

test("a subgraph that is renamed while it is edited stays open, by undo as well", () => {
  store().edit("Group", (graph) => {
    const made = makeSubgraph(graph, null, ["t5", "clip"], "Encode", catalog);
    return made.ok ? made.graph : graph;
  });
  store().enter("Encode", "Encode");
  store().select(["t5"]);
  store().edit("Rename", (graph) => {
    const renamed = renameDefinition(graph, "Encode", "Words");
    return renamed.ok ? renamed.graph : graph;
  });
  expect(active()).toMatchObject({ scope: "Words", scopes: ["Words"], selection: new Set(["t5"]) });
  store().undo();
  expect(active()).toMatchObject({ scope: "Encode", scopes: ["Encode"] });
});

describe("tabs", () => {
  test("open behind the one in front, have names of their own and close to their neighbour", () => {
    const first = active().key;
    const second = store().newDocument();
    store().activate(first);
    const third = store().newDocument();
    expect(store().tabs.map((tab) => tab.key)).toEqual([first, third, second]);
    expect(store().tabs.map((tab) => tab.name)).toEqual(["Recolor", "Untitled 2", "Untitled"]);
    store().close(third);
    expect(store().active).toBe(second);
    store().activate("gone");
    expect(store().active).toBe(second);
  });

  test("a closed one opens again with its history; without any an empty one opens", () => {
    type("a cup");
    const { key, graph } = active();
    store().close(key);
    expect(active()).toMatchObject({ name: "Untitled", dirty: false });
    store().reopen();
    expect(active()).toMatchObject({ key, graph, canUndo: true });
  });

  test("a name is the graph's title as well", () => {
    store().rename("Purple");
    expect(active()).toMatchObject({ name: "Purple", graph: { title: "Purple" }, undoLabel: "Rename" });
    store().rename("");
    expect(active().name).toBe("Purple");
  });

  test("editing one leaves the others the same objects", () => {
    const [first] = store().tabs;
    store().newDocument(recolor);
    type("a cup");
    expect(store().tabs[0]).toBe(first);
  });
});
