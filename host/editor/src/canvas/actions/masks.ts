/** Painting a mask on the picture a node loads. */
import { nodeOf } from "../../graph/body";
import { portsOf } from "../../graph/catalog";
import { addNode } from "../../graph/nodes";
import type { Outcome } from "../../graph/outcome";
import { placeOf } from "../../graph/places";
import { entry } from "../../graph/record";
import { setInput } from "../../graph/values";
import { connect, whyNot } from "../../graph/wiring";
import type { Graph } from "../../graph/document";
import { useView } from "../../app/view";
import { openPainter } from "../../widgets/mask/painter";
import { fileReference, fileUrl } from "../../widgets/files";
import { activeBody, activeDocument, attempt, catalog, edit, select } from "../active";
import { sizeOf } from "./nodes";
import { fileInput } from "./pictures";

/** Files the painter stored, with the picture that lay below; so a mask can be painted on. */
const painted = new Map<string, string>();
const GAP = 30;
const MASK_NAME = /-mask\.png$/;

/** Whether the node loads a picture that a mask can be painted on. */
export function canPaintMask(name: string): boolean {
  return pictureOf(name) !== undefined;
}

/**
 * Opens the painter on the node's picture. The mask becomes a picture of its own, loaded by a new node whose `mask`
 * output is the painted part, so that the picture keeps every pixel; a painted mask is changed where it is.
 */
export function paintMask(name: string): void {
  const found = pictureOf(name);
  if (!found) return;
  const { reference, input } = found;
  const { name: file } = fileReference(reference);
  const below = painted.get(reference);
  const isMask = below !== undefined || MASK_NAME.test(file);
  openPainter({
    title: `Mask of ${name}`,
    ...(isMask ? { mask: fileUrl(reference) } : { picture: fileUrl(reference) }),
    ...(below === undefined ? {} : { picture: fileUrl(below) }),
    fileName: isMask ? file : `${file.replace(/\.[^.]+$/, "")}-mask.png`,
    save: (stored) => {
      painted.set(stored, below ?? reference);
      if (isMask) edit("Paint the mask", (graph, scope) => setInput(graph, scope, name, input, stored));
      else addMaskNode(name, input, stored);
    },
  });
}

/** Adds a node that loads the mask below the picture's, and wires it where a mask is wanted. */
function addMaskNode(picture: string, input: string, reference: string): void {
  const document = activeDocument();
  const type = document && nodeOf(document.graph, document.scope, picture)?.type;
  if (type === undefined) return;
  const [x, y] = placeOf(activeBody(), picture) ?? [0, 0];
  const [, height] = sizeOf(picture);
  const added = attempt(
    "Paint the mask",
    (graph, scope): Outcome<{ graph: Graph; name: string; target: string | undefined }> => {
      const made = addNode(graph, scope, type, [x, y + height + GAP], { name: "mask", inputs: { [input]: reference } });
      const target = maskInput(made.graph, scope, made.name);
      if (!target) return { ok: true, ...made, target: undefined };
      const from = { node: made.name, output: target.output };
      const wired = connect(made.graph, scope, from, { node: target.node, input: target.input }, catalog());
      return { ok: true, graph: wired, name: made.name, target: `${target.node}.${target.input}` };
    },
  );
  if (!added) return;
  select([added.name]);
  useView
    .getState()
    .notify(
      added.target
        ? `The mask is wired to ${added.target}.`
        : "The mask is on the new node's output “mask”; wire it to an input that takes a mask.",
      "success",
    );
}

/** The only free input that takes a mask, with the output that gives it. */
function maskInput(
  graph: Graph,
  scope: string | null,
  name: string,
): { node: string; input: string; output: string } | undefined {
  const body = scope === null ? graph : entry(graph.definitions, scope);
  const loader = nodeOf(graph, scope, name);
  const output = loader && portsOf(graph, loader, catalog()).outputs.find((port) => port.kind === "mask")?.name;
  if (!body || output === undefined) return undefined;
  const free = Object.entries(body.nodes).flatMap(([node, it]) =>
    portsOf(graph, it, catalog())
      .inputs.filter((port) => port.kind === "mask" && entry(it.inputs, port.name) === undefined)
      .filter((port) => !whyNot(graph, scope, { node: name, output }, { node, input: port.name }, catalog()))
      .map((port) => ({ node, input: port.name, output })),
  );
  return free.length === 1 ? free[0] : undefined;
}

function pictureOf(name: string): { input: string; reference: string } | undefined {
  const document = activeDocument();
  const input = fileInput(name);
  const reference = document && input && entry(nodeOf(document.graph, document.scope, name)?.inputs, input);
  return typeof reference === "string" && reference !== "" && input !== undefined ? { input, reference } : undefined;
}
