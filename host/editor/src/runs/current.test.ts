// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";

import type { RunSummary } from "../api/contract";
import { currentOf, isOf } from "./current";
import { newRunId } from "./ids";
import { Owners } from "./owners";

describe("the run a document shows", () => {
  const run = (id: string, status: RunSummary["status"], graph_id?: string) =>
    ({
      id,
      status,
      title: id,
      created_at: 0,
      done: 0,
      total: 0,
      outputs: [],
      ...(graph_id ? { graph_id } : {}),
    }) as RunSummary;

  it("is the running one, else the next, else the last", () => {
    const list = [run("q", "queued"), run("r", "running"), run("e", "finished"), run("old", "failed")];
    expect(currentOf(list)?.id).toBe("r");
    expect(currentOf(list.filter((candidate) => candidate.id !== "r"))?.id).toBe("q");
    expect(currentOf(list.slice(2))?.id).toBe("e");
    expect(currentOf([])).toBeUndefined();
  });

  it("was started from it here, or belongs to its saved graph and nobody else here", () => {
    const owners = new Map([
      ["mine", "doc1"],
      ["other", "doc2"],
    ]);
    const list = [
      run("mine", "finished"),
      run("other", "finished", "g"),
      run("elsewhere", "finished", "g"),
      run("none", "finished"),
    ];
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
