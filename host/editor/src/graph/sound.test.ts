import { expect, test } from "vitest";
import { examples, graphOf, node } from "./fixtures";
import { isSound, unsoundness } from "./sound";

test.each(Object.entries(examples))("the example %s is sound", (_, graph) => expect(isSound(graph)).toBe(true));

test("unknown fields and odd values are the host's to judge", () => {
  const graph = graphOf(
    { a: node("x", { b: [[1], { from: 3 }] as never }) },
    { layout: { a: "here", x: null }, "x-y": 1 },
  );
  expect(isSound(graph)).toBe(true);
});

test.each([
  [null, "It is no Wirebrush graph."],
  [[], "It is no Wirebrush graph."],
  [{ nodes: {} }, "It is no Wirebrush graph."],
  [{ ...graphOf({}), nodes: [] }, "Its nodes cannot be read."],
  [graphOf({ a: { inputs: {} } as never }), "Its nodes cannot be read."],
  [graphOf({ a: { type: "x/Y", inputs: [] } as never }), "Its nodes cannot be read."],
  [graphOf({}, { layout: 3 as never }), "Its layout cannot be read."],
  [graphOf({}, { layout: { frames: { A: { rect: [1, 2] } } } as never }), "Its layout cannot be read."],
  [graphOf({}, { exposed: { a: 3 as never } }), "What it exposes cannot be read."],
  [graphOf({}, { definitions: { D: {} as never } }), "Its subgraphs cannot be read."],
  [graphOf({}, { definitions: { D: { nodes: {}, inputs: { i: [1] } } as never } }), "Its subgraphs cannot be read."],
  [graphOf({}, { definitions: { D: { nodes: {}, outputs: { o: {} } } as never } }), "Its subgraphs cannot be read."],
  [graphOf({}, { requires: [] as never }), "What it requires cannot be read."],
])("%j: %s", (value, sentence) => expect(unsoundness(value)).toBe(sentence));
