/** Pictures that are dropped or pasted: into the file input they meet, else as a new node that loads them. */
import { nodeOf } from "../../graph/body";
import { portsOf } from "../../graph/catalog";
import { setInput } from "../../graph/values";
import { useView } from "../../app/view";
import { upload } from "../../widgets/files";
import { activeDocument, catalog, edit, selectedNames } from "../active";
import { DEFAULT_WIDTH } from "../geometry";
import type { XY } from "../wirePath";
import { add } from "./nodes";
import { freePlace } from "./view";

/** The type that loads pictures. */
export const LOADER = "image/LoadImage";
/** About what it measures with a picture. */
const LOADER_HEIGHT = 320;

/** Uploads a picture and sets it on the node it was dropped on or that is selected, else on a new one. */
export async function addPicture(file: File, target?: { node?: string | undefined; at: XY }): Promise<void> {
  const reference = await upload(file, file.name || "pasted.png");
  if (reference === undefined) return;
  const [selected] = target ? [target.node] : selectedNames();
  const input = selected === undefined ? undefined : fileInput(selected);
  if (selected !== undefined && input !== undefined) {
    edit("Set the picture", (graph, scope) => setInput(graph, scope, selected, input, reference));
    return;
  }
  const definition = catalog().definition(LOADER);
  const port = definition?.inputs.find((it) => it.kind === "bytes");
  if (!definition || !port) {
    useView.getState().notify(`No node loads pictures: the type ${LOADER} is not there.`, "error");
    return;
  }
  add(definition, target?.at ?? freePlace(DEFAULT_WIDTH, LOADER_HEIGHT), { inputs: { [port.name]: reference } });
}

/** The input of a node that takes a file. */
export function fileInput(name: string): string | undefined {
  const document = activeDocument();
  const node = document && nodeOf(document.graph, document.scope, name);
  const ports = document && node && portsOf(document.graph, node, catalog()).inputs;
  return ports?.find((port) => port.kind === "bytes" && port.widget === "file")?.name;
}
