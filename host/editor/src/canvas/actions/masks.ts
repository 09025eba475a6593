/** Painting masks: on the picture a node loads, or for an input that takes a mask. */
import type { Port } from "../../api/contract";
import { api } from "../../api/client";
import { nodeOf } from "../../graph/body";
import { portsOf } from "../../graph/catalog";
import { addNode } from "../../graph/nodes";
import type { Outcome } from "../../graph/outcome";
import { placeOf } from "../../graph/places";
import { entry } from "../../graph/record";
import { setInput } from "../../graph/values";
import { connect, whyNot } from "../../graph/wiring";
import type { InputAddress, OutputAddress } from "../../graph/links";
import { isLink, itemsOf, sourceOf } from "../../graph/links";
import type { Graph } from "../../graph/document";
import { useView } from "../../app/view";
import { useRuns } from "../../runs/store";
import { fileReference, fileUrl } from "../../widgets/files";
import { openPainter } from "../../widgets/mask/painter";
import { activeBody, activeDocument, attempt, catalog, edit, select } from "../active";
import { DEFAULT_WIDTH } from "../geometry";
import { sizeOf } from "./nodes";
import { fileInput, LOADER } from "./pictures";

/** Files the painter stored, with the address of the picture that lay below; so a mask can be painted on. */
const painted = new Map<string, string>();
const GAP = 30;
const MASK_NAME = /-mask\.png$/;

/** Whether the node loads a picture that a mask can be painted on. */
export function canPaintMask(name: string): boolean {
  return pictureOf(name) !== undefined;
}

/**
 * Opens the painter on the node's picture, in the node or in a dialog. The mask becomes a picture of its own, loaded by
 * a new node whose `mask` output is the painted part, so that the picture keeps every pixel; a painted mask is changed
 * where it is.
 */
export function paintMask(name: string, where: "node" | "dialog" = "dialog"): void {
  const found = pictureOf(name);
  const document = activeDocument();
  if (!found || !document) return;
  const { reference, input } = found;
  const { name: file } = fileReference(reference);
  const inNode = where === "node" ? { document: document.key, scope: document.scope, node: name } : undefined;
  if (!isPaintedMask(name)) {
    const picture = fileUrl(reference);
    const save = (stored: string) => addMask(picture, stored, placeBelow(name), freeMaskInput);
    openPainter({ title: `Mask of ${name}`, picture, fileName: maskName(file), save }, inNode);
    return;
  }
  const below = painted.get(reference) ?? pictureBelow(file);
  const save = (stored: string) => {
    if (below !== undefined) painted.set(stored, below);
    edit("Paint the mask", (graph, scope) => setInput(graph, scope, name, input, stored));
  };
  const picture = below === undefined ? {} : { picture: below };
  openPainter({ title: `Mask of ${name}`, mask: fileUrl(reference), ...picture, fileName: file, save }, inNode);
}

/**
 * Paints a mask for an input that takes one, over the picture it belongs to: the one that comes into the picture input
 * before it. A mask that was painted before is changed.
 */
export async function paintForInput({ node, input }: InputAddress): Promise<void> {
  const wired = sourceInto(node, input);
  if (wired && isPaintedMask(wired.node)) {
    paintMask(wired.node);
    return;
  }
  const port = pictureInputFor(node, input);
  const source = port && sourceInto(node, port.name);
  const picture = source && (await pictureFrom(source));
  if (!picture) {
    const why = port
      ? `Wire a picture into “${port.name}” of ${node} and run the graph once: the mask is painted over it.`
      : `${node} takes no picture that a mask could be painted over.`;
    useView.getState().notify(why, "error");
    return;
  }
  const [x, y] = placeOf(activeBody(), node) ?? [0, 0];
  openPainter({
    title: `Mask for ${node}`,
    picture: picture.url,
    fileName: maskName(picture.name),
    save: (stored) =>
      addMask(picture.url, stored, [x - DEFAULT_WIDTH - GAP * 2, y + sizeOf(node)[1] + GAP], () => ({ node, input })),
  });
}

/** Whether the node loads a mask that was painted. */
export function isPaintedMask(name: string): boolean {
  const found = pictureOf(name);
  return found !== undefined && MASK_NAME.test(fileReference(found.reference).name);
}

/** The name of a file that holds the mask of another. */
function maskName(file: string): string {
  return `${file.replace(/^.*\//, "").replace(/\.[^.]+$/, "")}-mask.png`;
}

function placeBelow(name: string): [number, number] {
  const [x, y] = placeOf(activeBody(), name) ?? [0, 0];
  return [x, y + sizeOf(name)[1] + GAP];
}

/** Adds a node that loads the mask, and wires it where it is wanted. */
function addMask(
  below: string,
  reference: string,
  at: readonly [number, number],
  wanted: (graph: Graph, scope: string | null, from: OutputAddress) => InputAddress | undefined,
): void {
  painted.set(reference, below);
  const ports = catalog().definition(LOADER);
  const input = ports?.inputs.find((port) => port.kind === "bytes")?.name;
  const output = ports?.outputs.find((port) => port.kind === "mask")?.name;
  if (input === undefined || output === undefined) {
    useView.getState().notify(`No node loads masks: the type ${LOADER} is not there.`, "error");
    return;
  }
  const added = attempt("Paint the mask", (graph, scope): Outcome<{ graph: Graph; name: string; to: string }> => {
    const made = addNode(graph, scope, LOADER, at, { name: "mask", inputs: { [input]: reference } });
    const from = { node: made.name, output };
    const to = wanted(made.graph, scope, from);
    if (!to) return { ok: true, ...made, to: "" };
    const wired = connect(made.graph, scope, from, to, catalog());
    return { ok: true, graph: wired, name: made.name, to: `${to.node}.${to.input}` };
  });
  if (!added) return;
  select([added.name]);
  useView
    .getState()
    .notify(
      added.to
        ? `The mask is wired to ${added.to}.`
        : "The mask is on the new node's output “mask”; wire it to an input that takes a mask.",
      "success",
    );
}

/** The only free input that takes a mask. */
function freeMaskInput(graph: Graph, scope: string | null, from: OutputAddress): InputAddress | undefined {
  const nodes = scope === null ? graph.nodes : (entry(graph.definitions, scope)?.nodes ?? {});
  const free = Object.entries(nodes).flatMap(([node, it]) =>
    portsOf(graph, it, catalog())
      .inputs.filter((port) => port.kind === "mask" && entry(it.inputs, port.name) === undefined)
      .map((port) => ({ node, input: port.name }))
      .filter((to) => !whyNot(graph, scope, from, to, catalog())),
  );
  return free.length === 1 ? free[0] : undefined;
}

/** The file a node loads as a picture. */
function pictureOf(name: string): { input: string; reference: string } | undefined {
  const document = activeDocument();
  const input = fileInput(name);
  const reference = document && input && entry(nodeOf(document.graph, document.scope, name)?.inputs, input);
  return typeof reference === "string" && reference !== "" && input !== undefined ? { input, reference } : undefined;
}

/** The picture of the document that a mask's file is named after. */
function pictureBelow(mask: string): string | undefined {
  const files = Object.keys(activeBody()?.nodes ?? {}).flatMap((name) => pictureOf(name)?.reference ?? []);
  const found = files.find((reference) => maskName(fileReference(reference).name) === mask);
  return found === undefined ? undefined : fileUrl(found);
}

/** The input whose picture a mask belongs to: the last one before it. */
function pictureInputFor(node: string, input: string): Port | undefined {
  const document = activeDocument();
  const it = document && nodeOf(document.graph, document.scope, node);
  const ports = document && it ? portsOf(document.graph, it, catalog()).inputs : [];
  const before = ports.slice(
    0,
    ports.findIndex((port) => port.name === input),
  );
  return before.findLast((port) => port.kind === "image" && !port.list);
}

function sourceInto(node: string, input: string): OutputAddress | undefined {
  const document = activeDocument();
  const value = document && entry(nodeOf(document.graph, document.scope, node)?.inputs, input);
  const [first] = value === undefined ? [] : itemsOf(value);
  return first !== undefined && isLink(first) ? sourceOf(first) : undefined;
}

/** The picture on an output: the file that its node loads, else what the last run made. */
async function pictureFrom({ node, output }: OutputAddress): Promise<{ url: string; name: string } | undefined> {
  const file = pictureOf(node);
  if (file) return { url: fileUrl(file.reference), name: fileReference(file.reference).name };
  const value = await useRuns
    .getState()
    .peek(`${node}.${output}`)
    .catch(() => undefined);
  const asset = value?.asset?.media_type.startsWith("image/") ? value.asset : undefined;
  return asset && { url: api.assets.url(asset.hash), name: `${node}.png` };
}
