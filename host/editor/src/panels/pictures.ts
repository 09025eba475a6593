/** The pictures runs made, as the gallery and the comparison list them. */
import type { Asset, RunSummary } from "../api/contract";
import { itemsOf } from "../graph/links";
import type { Graph } from "../graph/document";
import { pictureOf } from "./Thumbnail";

/** A result picture and where it comes from. */
export interface Picture {
  asset: Asset;
  run: RunSummary;
  /** `save.file`, or the exposed name. */
  name: string;
}

/** All result pictures, newest run first; one that several runs made is there once, with the newest of them. */
export function picturesOf(runs: readonly RunSummary[]): Picture[] {
  const found = new Map<string, Picture>();
  for (const run of [...runs].sort((a, b) => b.created_at - a.created_at)) {
    for (const output of run.outputs) {
      const asset = pictureOf(output);
      if (asset && !found.has(asset.hash)) found.set(asset.hash, { asset, run, name: output.name });
    }
  }
  return [...found.values()];
}

/** A picture that can be looked at: by its hash. */
export interface NamedPicture {
  hash: string;
  label: string;
}

/** Pictures a graph reads: inputs that hold `asset:HASH/name.png`. */
export function inputPicturesOf(graph: Graph): NamedPicture[] {
  const found = new Map<string, NamedPicture>();
  for (const [node, { inputs }] of Object.entries(graph.nodes)) {
    for (const value of Object.values(inputs ?? {}).flatMap(itemsOf)) {
      const [, hash, name] = (typeof value === "string" && /^asset:([0-9a-f]{64})\/(.+)$/.exec(value)) || [];
      if (hash !== undefined) found.set(hash, { hash, label: `${node}: ${name}` });
    }
  }
  return [...found.values()];
}
