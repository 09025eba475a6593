/** Packing graphs and giving them to the user. */
import { api } from "../../api/client";
import type { Export } from "../../api/contract";
import type { Graph } from "../../graph/document";
import type { Picture } from "../pictures";
import { download, fileName } from "./download";
import { useShareChoice } from "./useShareChoice";

/** Endings of the files of each format. */
const ENDINGS: Readonly<Record<Export["format"], string>> = { png: "png", bundle: "wirebrush", json: "json" };

/** Downloads a graph as JSON or bundle; what is left out is the user's last choice. */
export async function exportGraph(graph: Graph, format: "json" | "bundle", name: string): Promise<void> {
  download(await api.export({ graph, format, strip: stripped() }), fileName(name, ENDINGS[format]));
}

/** Downloads a result picture with the graph that made it, which may be older than the document. */
export async function exportPicture({ run, asset }: Picture, name: string): Promise<void> {
  const { graph } = await api.runs.get(run.id);
  const picture = await api.export({ graph, format: "png", picture: asset.hash, strip: stripped() });
  download(picture, fileName(name, ENDINGS.png));
}

function stripped(): NonNullable<Export["strip"]> {
  const { stripPrompts, stripPaths } = useShareChoice.getState();
  return [...(stripPrompts ? ["prompts" as const] : []), ...(stripPaths ? ["paths" as const] : [])];
}
