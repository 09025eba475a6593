import { describe, expect, it } from "vitest";

import type { NodeRun, Run, RunSummary } from "../api/contract";
import type { Graph } from "../graph/document";
import { currentOf, isOf } from "./current";
import { nodeTimeLeft, runTimeLeft, updatePace } from "./estimate";
import { gather } from "./gathered";
import { newRunId } from "./ids";
import { instancePath, placeOfRunNode, runName, typeOfRunNode } from "./names";
import { Owners } from "./owners";
import { Previews } from "./previews";
import { Timings } from "./timings";

const nested: Graph = {
  format: "wirebrush/graph",
  version: 1,
  nodes: { photo: { type: "image/LoadImage" }, look: { type: "#Look" } },
  definitions: {
    Look: { nodes: { relight: { type: "#Relight" } } },
    Relight: { nodes: { invert: { type: "image/Invert" } } },
    Unused: { nodes: { text: { type: "text/Text" } } },
  },
};

describe("names of nodes in a run", () => {
  it("lead through the instances around them", () => {
    expect(runName(nested, null, "photo")).toBe("photo");
    expect(runName(nested, "Relight", "invert")).toBe("look/relight/invert");
    expect(runName(nested, "Unused", "text")).toBeUndefined();
    expect(instancePath(nested, "Look")).toBe("look");
  });

  it("give the type and the place to edit", () => {
    expect(typeOfRunNode(nested, "look/relight/invert")).toBe("image/Invert");
    expect(typeOfRunNode(nested, "look/gone")).toBeUndefined();
    expect(placeOfRunNode(nested, "look/relight/invert")).toEqual({ scope: "Relight", node: "invert" });
    expect(placeOfRunNode(nested, "photo")).toEqual({ scope: null, node: "photo" });
  });

  it("end when a definition contains itself", () => {
    const circle: Graph = { ...nested, nodes: { a: { type: "#A" } }, definitions: { A: { nodes: { b: { type: "#A" } } } } };
    expect(instancePath(circle, "B")).toBeUndefined();
  });
});

describe("the state of an instance", () => {
  const cases: [string, NodeRun[], NodeRun | undefined][] = [
    ["nothing inside", [], undefined],
    ["a failure", [{ state: "finished" }, { state: "failed", error: "no" }], { state: "failed", error: "no" }],
    ["waiting", [{ state: "queued" }, { state: "queued" }], { state: "queued" }],
    ["between two nodes", [{ state: "finished" }, { state: "queued" }], { state: "running", step: 1, total: 2 }],
    ["steps of the running one", [{ state: "cached" }, { state: "running", step: 3, total: 9 }], { state: "running", step: 3, total: 9 }],
    ["all cached", [{ state: "cached" }, { state: "cached" }], { state: "cached" }],
    ["some cached", [{ state: "cached" }, { state: "finished" }], { state: "finished" }],
    ["cancelled", [{ state: "finished" }, { state: "cancelled" }], { state: "cancelled" }],
    [
      "times",
      [{ state: "finished", started_ms: 5, ms: 10 }, { state: "finished", started_ms: 20, ms: 4 }],
      { state: "finished", started_ms: 5, ms: 19 },
    ],
  ];
  it.each(cases)("with %s", (_, inside, expected) => {
    expect(gather(inside)).toEqual(expected);
  });
});

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
    const graph: Graph = { ...nested, nodes: { a: { type: "t/A" }, b: { type: "t/B" }, c: { type: "t/C" } } };
    const run = { graph, nodes: { a: { state: "finished" }, b: { state: "queued" }, c: { state: "queued" } } };
    const typical = (type: string) => (type === "t/B" ? { ms: 70 } : undefined);
    expect(runTimeLeft(run as unknown as Run, () => undefined, typical, 0)).toBe(70);
    expect(runTimeLeft(run as unknown as Run, () => undefined, () => undefined, 0)).toBeUndefined();
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

describe("previews", () => {
  it("revoke a picture as soon as another replaces it, and all of a removed run", () => {
    const alive = new Set<string>();
    let count = 0;
    const previews = new Previews({
      createObjectURL: () => {
        count += 1;
        alive.add(`blob:${count}`);
        return `blob:${count}`;
      },
      revokeObjectURL: (url) => alive.delete(url),
    });
    previews.set("run", "sample", new Blob());
    previews.set("run", "sample", new Blob());
    expect([...alive]).toEqual(["blob:2"]);
    previews.set("run", "look/sample", new Blob());
    expect(previews.latestWithin("run", "look/")).toBe("blob:3");
    previews.removeRun("run");
    expect(alive.size).toBe(0);
    expect(previews.get("run", "sample")).toBeUndefined();
  });
});

describe("the run a document shows", () => {
  const run = (id: string, status: RunSummary["status"], graph_id?: string) =>
    ({ id, status, title: id, created_at: 0, done: 0, total: 0, outputs: [], ...(graph_id ? { graph_id } : {}) }) as RunSummary;

  it("is the running one, else the next, else the last", () => {
    const list = [run("q", "queued"), run("r", "running"), run("e", "finished"), run("old", "failed")];
    expect(currentOf(list)?.id).toBe("r");
    expect(currentOf(list.filter((candidate) => candidate.id !== "r"))?.id).toBe("q");
    expect(currentOf(list.slice(2))?.id).toBe("e");
    expect(currentOf([])).toBeUndefined();
  });

  it("was started from it here, or belongs to its saved graph and nobody else here", () => {
    const owners = new Map([["mine", "doc1"], ["other", "doc2"]]);
    const list = [run("mine", "finished"), run("other", "finished", "g"), run("elsewhere", "finished", "g"), run("none", "finished")];
    const found = list.filter((item) => isOf(item, { key: "doc1", savedId: "g" }, (id) => owners.get(id)));
    expect(found.map((candidate) => candidate.id)).toEqual(["mine", "elsewhere"]);
  });

  it("is remembered across a reload", () => {
    localStorage.clear();
    new Owners(localStorage).remember("run", "doc");
    expect(new Owners(localStorage).of("run")).toBe("doc");
    localStorage.setItem("wirebrush-run-owners", "[[1]]");
    expect(new Owners(localStorage).of("run")).toBeUndefined();
  });
});

it("run ids fit the rule of the server and differ", () => {
  const made = Array.from({ length: 50 }, newRunId);
  for (const id of made) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  expect(new Set(made).size).toBe(50);
});
