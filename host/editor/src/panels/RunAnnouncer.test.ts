import { expect, it } from "vitest";

import type { Run } from "../api/contract";
import { announcementOf, isNews } from "./RunAnnouncer";

const run: Run = {
  id: "r",
  status: "queued",
  title: "Recolor",
  created_at: 0,
  done: 3,
  total: 10,
  outputs: [],
  graph: { format: "wirebrush/graph", version: 1, nodes: {} },
  nodes: {},
};

const cases: [Partial<Run>, string][] = [
  [{ position: 2 }, "Recolor waits in the queue behind 2 other runs."],
  [{ position: 0 }, "Recolor is next in the queue."],
  [{ status: "running" }, "Recolor runs, 10 nodes."],
  [{ status: "finished", started_at: 0, ended_at: 2100 }, "Recolor is done after 2.1 s, 0 results."],
  [{ status: "failed", error: "text: too long" }, "Recolor failed: text: too long."],
  [{ status: "cancelled" }, "Recolor was cancelled after 3 of 10 nodes."],
];

it.each(cases)("screen readers hear of %j", (change, sentence) => {
  expect(announcementOf({ ...run, ...change })).toBe(sentence);
});

it("tells changes of a run and runs that begin, not what ended before", () => {
  expect(isNews({ ...run, status: "running" }, run)).toBe(true);
  expect(isNews({ ...run, done: 4 }, run)).toBe(false);
  expect(isNews({ ...run, status: "finished" }, run)).toBe(true);
  expect(isNews(run, undefined)).toBe(true);
  expect(isNews({ ...run, status: "finished" }, undefined)).toBe(false);
  expect(isNews({ ...run, id: "other", status: "finished" }, run)).toBe(false);
});
