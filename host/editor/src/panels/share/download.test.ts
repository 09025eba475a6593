import { expect, it } from "vitest";

import { fileName } from "./download";

it.each([
  ["Recolor", "Recolor.png"],
  ["Red teapot: 2/3", "Red-teapot-2-3.png"],
  ["../../etc/passwd", "etc-passwd.png"],
  ["Ünïcödé 画像", "Ünïcödé-画像.png"],
  ["", "graph.png"],
  ["???", "graph.png"],
  ["con", "graph-con.png"],
])("the document %j is saved in a file every system takes", (name, expected) => {
  expect(fileName(name, "png")).toBe(expected);
});
