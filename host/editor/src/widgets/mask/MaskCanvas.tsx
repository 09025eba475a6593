/** The picture with the mask above it, where strokes are drawn. */
import { useEffect, useRef, useState } from "react";
import type { PointerEvent } from "react";
import { drawMask, drawStep } from "./strokes";
import type { Step, Stroke } from "./strokes";

/** The mask is white in the file; on the screen this tells it from the picture. */
const SHOWN = "#ff2d55";

interface MaskCanvasProps {
  picture: ImageBitmap | undefined;
  mask: ImageBitmap | undefined;
  size: readonly [number, number];
  steps: readonly Step[];
  tool: Stroke["tool"];
  brush: number;
  /** Shown as it will be saved. */
  feather: number;
  add: (stroke: Stroke) => void;
}

export function MaskCanvas({ picture, mask, size, steps, tool, brush, feather, add }: MaskCanvasProps) {
  const [width, height] = size;
  const pictureCanvas = useRef<HTMLCanvasElement>(null);
  const maskCanvas = useRef<HTMLCanvasElement>(null);
  const stroke = useRef<[number, number][]>([]);
  const [cursor, setCursor] = useState<{ x: number; y: number; scale: number }>();

  useEffect(() => {
    const context = pictureCanvas.current?.getContext("2d");
    if (context && picture) context.drawImage(picture, 0, 0);
  }, [picture]);
  useEffect(() => {
    const context = maskCanvas.current?.getContext("2d");
    if (context) drawMask(context, steps, mask, SHOWN);
  }, [steps, mask, width, height]);

  const pointOf = (event: PointerEvent<HTMLElement>): { at: [number, number]; scale: number } => {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = width / box.width;
    return { at: [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale], scale };
  };
  const press = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    stroke.current = [pointOf(event).at];
    paint(stroke.current);
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    const { at, scale } = pointOf(event);
    setCursor({ x: at[0] / scale, y: at[1] / scale, scale });
    const last = stroke.current.at(-1);
    if (!last) return;
    stroke.current.push(at);
    paint([last, at]);
  };
  const release = () => {
    if (stroke.current.length > 0) add({ tool, size: brush, points: stroke.current });
    stroke.current = [];
  };
  const paint = (points: Stroke["points"]) => {
    const context = maskCanvas.current?.getContext("2d");
    if (context) drawStep(context, { tool, size: brush, points }, SHOWN);
  };
  return (
    <div className="mask-stage">
      <div
        className="mask-place"
        style={{ aspectRatio: `${width} / ${height}` }}
        onPointerDown={press}
        onPointerMove={move}
        onPointerUp={release}
        onPointerCancel={release}
        onPointerLeave={() => setCursor(undefined)}
        data-testid="mask-canvas"
      >
        <canvas ref={pictureCanvas} width={width} height={height} />
        <canvas
          ref={maskCanvas}
          width={width}
          height={height}
          className="mask-layer"
          style={feather > 0 ? { filter: `blur(${feather / 2 / (cursor?.scale ?? 1)}px)` } : undefined}
        />
        {cursor && (
          <span
            className="mask-cursor"
            style={{ left: cursor.x, top: cursor.y, width: brush / cursor.scale, height: brush / cursor.scale }}
          />
        )}
      </div>
    </div>
  );
}
