/** Small pictures of assets. */
import { api } from "../api/client";
import type { Asset, RunOutput } from "../api/contract";

/** The picture of an output; `undefined` when it is none. */
export function pictureOf(output: RunOutput): Asset | undefined {
  const { asset } = output.value;
  return asset?.media_type.startsWith("image/") ? asset : undefined;
}

/** A picture of at most `size` pixels a side; `alt` is empty when a text beside it says what it is. */
export function Thumbnail({ asset, size, alt }: { asset: Asset; size: number; alt: string }) {
  return (
    <img
      className="thumbnail"
      src={api.assets.thumbnail(asset.hash, size)}
      alt={alt}
      loading="lazy"
      draggable={false}
    />
  );
}
