import { describe, expect, it } from "vitest";

import type { NodeRun, Problem, Run } from "../../api/contract";
import { problemItems } from "./items";

const problem: Problem = {
  severity: "error",
  code: "input-missing",
  path: "nodes.t5.inputs.text",
  expected: "text",
  found: "nothing",
  hint: "wire it",
};

function run(nodes: Record<string, NodeRun>, error?: string): Run {
  const graph = {
    format: "wirebrush/graph",
    version: 1,
    nodes: { look: { type: "#Look" } },
    definitions: { Look: { nodes: { blur: { type: "image/Blur" } } } },
  } as const;
  const rest = { id: "r", status: "failed", title: "r", created_at: 0, done: 0, total: 0, outputs: [] } as const;
  return { ...rest, outputs: [], graph, nodes, ...(error === undefined ? {} : { error }) };
}

describe("the list of problems", () => {
  it("says where, what and what to do", () => {
    expect(problemItems([problem], undefined, undefined)).toMatchObject([
      {
        where: "t5 › text",
        text: "Expected text, found nothing.",
        hint: "wire it",
        place: { scope: null, node: "t5", input: "text" },
      },
    ]);
  });

  it("has a problem once, although the refused run tells it too", () => {
    expect(problemItems([problem], { message: "no", problems: [problem] }, undefined)).toHaveLength(1);
  });

  it("has the reason of a refusal that names no problem", () => {
    expect(problemItems([], { message: "The queue is full.", problems: [] }, undefined)).toMatchObject([
      { source: "run", where: "", text: "The queue is full." },
    ]);
  });

  it("leads to the failed node, also inside a subgraph, and to its input", () => {
    const failed = run(
      { "look/blur": { state: "failed", error: "too large", port: "radius" } },
      "look/blur: too large",
    );
    expect(problemItems([], undefined, failed)).toMatchObject([
      { where: "look/blur › radius", text: "too large", place: { scope: "Look", node: "blur", input: "radius" } },
    ]);
  });

  it("has the run's own error when no node failed", () => {
    expect(problemItems([], undefined, run({}, "the server ended"))).toMatchObject([{ text: "the server ended" }]);
  });
});
