/** The pictures of a paint job. */
import { useEffect, useState } from "react";
import { UNKNOWN_SIZE } from "./painter";
import type { Loaded, PaintJob } from "./painter";

/** What arrived, or why nothing did; undefined before. */
export function useLoaded({ picture, mask }: PaintJob): Loaded | { why: string } | undefined {
  const [loaded, setLoaded] = useState<Loaded | { why: string }>();
  useEffect(() => {
    let gone = false;
    const load = async () => {
      const [below, begun] = await Promise.all(
        [picture, mask].map((url) => (url === undefined ? undefined : bitmapOf(url))),
      );
      const whole = below ?? begun;
      const size = [whole?.width ?? UNKNOWN_SIZE, whole?.height ?? UNKNOWN_SIZE] as const;
      if (!gone) setLoaded({ picture: below, mask: begun, size });
    };
    load().catch(
      (error: unknown) => !gone && setLoaded({ why: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      gone = true;
    };
  }, [picture, mask]);
  return loaded;
}

async function bitmapOf(url: string): Promise<ImageBitmap> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return createImageBitmap(await answer.blob());
}
