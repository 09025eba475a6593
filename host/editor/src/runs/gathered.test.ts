import { describe, expect, it } from "vitest";

import type { NodeRun } from "../api/contract";
import { gather } from "./gathered";

describe("the state of an instance", () => {
  const cases: [string, NodeRun[], NodeRun | undefined][] = [
    ["nothing inside", [], undefined],
    ["a failure", [{ state: "finished" }, { state: "failed", error: "no" }], { state: "failed", error: "no" }],
    ["waiting", [{ state: "queued" }, { state: "queued" }], { state: "queued" }],
    ["between two nodes", [{ state: "finished" }, { state: "queued" }], { state: "running", step: 1, total: 2 }],
    [
      "steps of the running one",
      [{ state: "cached" }, { state: "running", step: 3, total: 9 }],
      { state: "running", step: 3, total: 9 },
    ],
    ["all cached", [{ state: "cached" }, { state: "cached" }], { state: "cached" }],
    ["some cached", [{ state: "cached" }, { state: "finished" }], { state: "finished" }],
    ["cancelled", [{ state: "finished" }, { state: "cancelled" }], { state: "cancelled" }],
    [
      "times",
      [
        { state: "finished", started_ms: 5, ms: 10 },
        { state: "finished", started_ms: 20, ms: 4 },
      ],
      { state: "finished", started_ms: 5, ms: 19 },
    ],
  ];
  it.each(cases)("with %s", (_, inside, expected) => {
    expect(gather(inside)).toEqual(expected);
  });
});
