/** Where two pictures differ, made visible by a gain, and by how much. */
import { useEffect, useRef, useState } from "react";

import { api } from "../../api/client";
import { messageOf } from "../act";
import { differenceOf, type Difference, type Pixels } from "./difference";
import { Stage } from "./Stage";
import type { CompareProps } from "./types";

interface Pair {
  width: number;
  height: number;
  a: Pixels;
  b: Pixels;
  /** Whether the second picture had another size and was scaled. */
  scaled: boolean;
}

export function DifferenceView({ a, b, zoom }: Omit<CompareProps, "labels">) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pair, setPair] = useState<Pair>();
  const [failure, setFailure] = useState<string>();
  const [gain, setGain] = useState(4);
  const [difference, setDifference] = useState<Difference>();

  useEffect(() => {
    let current = true;
    loadPair(a, b).then(
      (loaded) => current && setPair(loaded),
      (error: unknown) => current && setFailure(messageOf(error)),
    );
    return () => {
      current = false;
    };
  }, [a, b]);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!pair || !context) return;
    const result = differenceOf(pair.a, pair.b, gain);
    context.putImageData(new ImageData(result.pixels, pair.width, pair.height), 0, 0);
    setDifference(result);
  }, [pair, gain]);

  return (
    <>
      <Stage zoom={zoom} label="Difference">
        {failure && <p className="run-error">{failure}</p>}
        <canvas
          ref={canvas}
          className="stage-picture"
          style={zoom.style}
          width={pair?.width ?? 1}
          height={pair?.height ?? 1}
          role="img"
          aria-label={difference ? summaryOf(difference) : "Difference"}
        />
      </Stage>
      <div className="compare-foot">
        <label className="gain">
          Gain
          <input type="range" min={1} max={64} value={gain} onChange={(event) => setGain(Number(event.target.value))} />
          <span className="number">× {gain}</span>
        </label>
        {difference && <span className="muted">{summaryOf(difference)}</span>}
        {pair?.scaled && <span className="muted">The sizes differ; after was scaled to the size of before.</span>}
      </div>
    </>
  );
}

function summaryOf({ max, mean, changed }: Difference): string {
  if (max === 0) return "The pictures are equal.";
  const part = changed * 100;
  return `${part < 0.1 ? "under 0.1" : part.toFixed(1)} % of the pixels differ, by ${mean.toFixed(2)} on average and ${max} at most (of 255).`;
}

async function loadPair(a: string, b: string): Promise<Pair> {
  const [first, second] = await Promise.all([load(a), load(b)]);
  const { naturalWidth: width, naturalHeight: height } = first;
  const scaled = second.naturalWidth !== width || second.naturalHeight !== height;
  return { width, height, a: pixelsOf(first, width, height), b: pixelsOf(second, width, height), scaled };
}

async function load(hash: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = api.assets.url(hash);
  await image.decode();
  return image;
}

function pixelsOf(image: HTMLImageElement, width: number, height: number): Pixels {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser gives no drawing surface of that size.");
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
