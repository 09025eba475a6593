import { expect, it } from "vitest";

import { placeOfPath, type Place } from "./places";

const cases: [string, Place | undefined][] = [
  ["", undefined],
  ["exposed.prompt", undefined],
  ["nodes.t5", { scope: null, node: "t5" }],
  ["nodes.t5.type", { scope: null, node: "t5" }],
  ["nodes.t5.inputs.text", { scope: null, node: "t5", input: "text" }],
  ["nodes.sample.inputs.references[0]", { scope: null, node: "sample", input: "references" }],
  ["definitions.Relight.nodes.blur.inputs.radius", { scope: "Relight", node: "blur", input: "radius" }],
  ["definitions.Relight.inputs.radius", undefined],
  ['nodes["a: b"].inputs.text', { scope: null, node: "a: b", input: "text" }],
  ['definitions["x!"].nodes["it\'s"].type', { scope: "x!", node: "it's" }],
  ['nodes["caf\\u{e9}!"]', { scope: null, node: "café!" }],
];

it.each(cases)("the path %j of a problem leads to its node and input", (path, place) => {
  expect(placeOfPath(path)).toEqual(place);
});
