/** The pictures that can be compared. */
import { useMemo } from "react";

import { useActive } from "../../canvas/active";
import { useCatalog } from "../../documents/catalog";
import { nodesOf } from "../../graph/body";
import { portsOf } from "../../graph/ports";
import { useRuns } from "../../runs/store";
import { ago } from "../../ui/format";
import { inputPicturesOf, picturesOf, type NamedPicture } from "../pictures";
import { pictureOf } from "../Thumbnail";

export interface Pictures {
  /** What the graph reads. */
  inputs: NamedPicture[];
  /** What runs saved, newest first. */
  results: NamedPicture[];
  /** What nodes made and somebody looked at. */
  seen: NamedPicture[];
  /** Outputs (`decode.image`) of the current run that hold a picture nobody looked at yet. */
  nodes: string[];
}

/** Everything there is to compare, for the active document. */
export function usePictures(): Pictures {
  const document = useActive();
  const catalog = useCatalog();
  const runs = useRuns((state) => state.runs);
  const outputs = useRuns((state) => state.outputs);
  const current = useRuns((state) => state.current);
  return useMemo(() => {
    const results = picturesOf(runs).map(({ asset, run }) => ({
      hash: asset.hash,
      label: `${run.title}, ${ago(run.created_at)}: ${asset.name}`,
    }));
    if (!document) return { inputs: [], results, seen: [], nodes: [] };
    const known = new Set(results.map((picture) => picture.hash));
    const looked = Object.values(outputs).flat();
    const seen = looked.flatMap((output) => {
      const asset = pictureOf(output);
      return asset && !known.has(asset.hash) ? [{ hash: asset.hash, label: `${output.node} › ${output.output}` }] : [];
    });
    const { nodeRun } = useRuns.getState();
    const nodes = Object.entries(nodesOf(document.graph, document.scope)).flatMap(([name, node]) => {
      const state = current && nodeRun(name)?.state;
      if (state !== "finished" && state !== "cached") return [];
      const pictures = portsOf(document.graph, node, catalog).outputs.filter(
        ({ kind }) => kind === "image" || kind === "mask",
      );
      const unseen = pictures.filter((port) => !looked.some((it) => it.node === name && it.output === port.name));
      return unseen.map((port) => `${name}.${port.name}`);
    });
    return { inputs: inputPicturesOf(document.graph), results, seen: distinct(seen), nodes };
  }, [document, catalog, runs, outputs, current]);
}

/** What a picture is called. */
export function labelOf({ inputs, results, seen }: Pictures, hash: string): string {
  return [...inputs, ...results, ...seen].find((picture) => picture.hash === hash)?.label ?? hash.slice(0, 12);
}

function distinct(pictures: readonly NamedPicture[]): NamedPicture[] {
  return [...new Map(pictures.map((picture) => [picture.hash, picture])).values()];
}
