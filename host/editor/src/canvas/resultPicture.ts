/** The picture a node made in the newest run that has one. */
import type { Asset } from "../api/contract";
import type { RunsStore } from "../runs/store";

/** Pictures that were only looked at are left out: a node must not grow because somebody looked. */
export function resultPicture({ outputsOf, values }: RunsStore, node: string): Asset | undefined {
  const pictures = outputsOf(node).filter(({ value }) => value.asset?.media_type.startsWith("image/"));
  return pictures.find(({ value }) => !Object.values(values).includes(value))?.value.asset;
}
