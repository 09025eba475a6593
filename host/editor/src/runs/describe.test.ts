import { expect, it } from "vitest";

import type { Graph } from "../graph/document";
import { describeRun } from "./describe";

const graph: Graph = {
  format: "wirebrush/graph",
  version: 1,
  nodes: {
    photo: { type: "image/LoadImage", inputs: { file: `asset:${"0a".repeat(32)}/cup.png` } },
    prompt: { type: "text/Text", inputs: { text: "make it night" } },
    sample: {
      type: "kontext/FlowSample",
      inputs: { seed: "18446744073709551615", steps: 10, width: { from: "photo.width" } },
    },
  },
  exposed: {
    image: "photo.file",
    prompt: "prompt.text",
    seed: "sample.seed",
    max_width: "sample.width",
    guidance: "sample.guidance",
    gone: "nothing.here",
    result: { from: "photo.image" },
  },
};

it("a run is described by what is set at its exposed inputs, texts first and files last", () => {
  expect(describeRun(graph)).toBe("“make it night” · seed 18446744073709551615 · image cup.png");
});

it("a long text is cut, and nothing exposed says nothing", () => {
  const long: Graph = { ...graph, nodes: { prompt: { type: "text/Text", inputs: { text: "word ".repeat(40) } } } };
  expect(describeRun(long)).toMatch(/^“(word ){16}…”$/);
  expect(describeRun({ ...graph, exposed: {} })).toBe("");
});
