import { describe, expect, it } from "vitest";

import type { RunSummary } from "../api/contract";
import type { Graph } from "../graph/document";
import { inputPicturesOf, picturesOf } from "./pictures";

const hash = "0123456789abcdef".repeat(4);

function run(id: string, created_at: number, hashes: string[], media_type = "image/png"): RunSummary {
  const outputs = hashes.map((of) => ({
    name: "save.file",
    node: "save",
    output: "file",
    value: {
      kind: "bytes",
      summary: "",
      asset: { hash: of, name: "a.png", media_type, bytes: 1, created_at, reference: "" },
    },
  }));
  return { id, status: "finished", title: id, created_at, done: 1, total: 1, outputs };
}

describe("the gallery", () => {
  it("has the newest pictures first, each once", () => {
    const pictures = picturesOf([run("old", 1, ["a", "b"]), run("new", 2, ["c", "a"])]);
    expect(pictures.map(({ asset, run: from }) => `${asset.hash} ${from.id}`)).toEqual(["c new", "a new", "b old"]);
  });

  it("leaves out what is no picture", () => {
    expect(picturesOf([run("r", 1, ["a"], "application/json")])).toEqual([]);
  });
});

it("pictures a graph reads are found in single inputs and lists, each once", () => {
  const graph: Graph = {
    format: "wirebrush/graph",
    version: 1,
    nodes: {
      photo: { type: "image/LoadImage", inputs: { file: `asset:${hash}/cup.png` } },
      again: { type: "image/LoadImage", inputs: { file: `asset:${hash}/cup.png` } },
      many: {
        type: "x/Many",
        inputs: { files: ["cup.png", `asset:${"f".repeat(64)}/b.png`, { from: "photo.image" }] },
      },
    },
  };
  expect(inputPicturesOf(graph)).toEqual([
    { hash, label: "again: cup.png" },
    { hash: "f".repeat(64), label: "many: b.png" },
  ]);
});
