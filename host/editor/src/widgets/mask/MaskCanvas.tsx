/** The picture with the mask above it, where strokes are drawn. */
import { useEffect, useRef, useState } from "react";
import type { PointerEvent } from "react";
import { brushFor, paint, usePainter } from "./painter";
import type { Loaded } from "./painter";
import { drawMask, drawStep } from "./strokes";
import type { Stroke } from "./strokes";

/** The mask is white in the file; on the screen this tells it from the picture. */
const SHOWN = "#ff2d55";

export function MaskCanvas(loaded: Loaded) {
  const { picture, mask } = loaded;
  const [width, height] = loaded.size;
  const { painting, tool, feather, size } = usePainter();
  const { steps } = painting;
  const brush = brushFor(size, loaded);
  const pictureCanvas = useRef<HTMLCanvasElement>(null);
  const maskCanvas = useRef<HTMLCanvasElement>(null);
  const stroke = useRef<[number, number][]>([]);
  const [cursor, setCursor] = useState<readonly [number, number]>();
  const [scale, setScale] = useState(1);

  useEffect(() => {
    const context = pictureCanvas.current?.getContext("2d");
    if (context && picture) context.drawImage(picture, 0, 0);
  }, [picture]);
  useEffect(() => {
    const context = maskCanvas.current?.getContext("2d");
    if (context) drawMask(context, steps, mask, SHOWN);
  }, [steps, mask, width, height]);
  useEffect(() => {
    const canvas = maskCanvas.current;
    if (!canvas) return;
    const observer = new ResizeObserver(() => setScale(canvas.offsetWidth / width));
    observer.observe(canvas);
    return () => observer.disconnect();
  }, [width]);

  /** In pixels of the picture, however far the canvas around it is zoomed. */
  const pointOf = (event: PointerEvent<HTMLElement>): [number, number] => {
    const box = event.currentTarget.getBoundingClientRect();
    const perPixel = width / box.width;
    return [(event.clientX - box.left) * perPixel, (event.clientY - box.top) * perPixel];
  };
  const press = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    stroke.current = [pointOf(event)];
    show(stroke.current);
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    const at = pointOf(event);
    setCursor(at);
    const last = stroke.current.at(-1);
    if (!last) return;
    stroke.current.push(at);
    show([last, at]);
  };
  const release = () => {
    if (stroke.current.length > 0) paint({ tool, size: brush, points: stroke.current });
    stroke.current = [];
  };
  const show = (points: Stroke["points"]) => {
    const context = maskCanvas.current?.getContext("2d");
    if (context) drawStep(context, { tool, size: brush, points }, SHOWN);
  };
  return (
    <div className="mask-stage nodrag nopan" tabIndex={-1}>
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
          style={feather > 0 ? { filter: `blur(${(feather / 2) * scale}px)` } : undefined}
        />
        {cursor && (
          <span
            className="mask-cursor"
            style={{
              left: `${(cursor[0] / width) * 100}%`,
              top: `${(cursor[1] / height) * 100}%`,
              width: brush * scale,
              height: brush * scale,
            }}
          />
        )}
      </div>
    </div>
  );
}
