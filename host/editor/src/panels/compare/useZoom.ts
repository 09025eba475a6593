/** Zoom and pan that several pictures share. */
import { useCallback, useRef, useState } from "react";
import type { CSSProperties, KeyboardEvent, PointerEvent, WheelEvent } from "react";

/** What part of a picture is seen. */
export interface Zoom {
  /** 1 fits the picture into its box. */
  scale: number;
  /** Shift of the picture's middle, in parts of the box. */
  x: number;
  y: number;
}

const FIT: Zoom = { scale: 1, x: 0, y: 0 };
const LARGEST = 32;
/** Zoom of one key press or click. */
const STEP = 1.25;
/** Shift of one arrow key, in parts of the box. */
const SHIFT = 0.1;

/** The zoom scaled around a point, given from the middle of the box in parts of it. */
export function zoomedAt(zoom: Zoom, factor: number, atX: number, atY: number): Zoom {
  const scale = Math.min(LARGEST, Math.max(1, zoom.scale * factor));
  const ratio = scale / zoom.scale;
  return inside({ scale, x: atX - (atX - zoom.x) * ratio, y: atY - (atY - zoom.y) * ratio });
}

/** The zoom with the picture kept over the middle of its box. */
export function inside({ scale, x, y }: Zoom): Zoom {
  const limit = (scale - 1) / 2;
  const within = (value: number) => Math.min(limit, Math.max(-limit, value)) + 0;
  return { scale, x: within(x), y: within(y) };
}

/** Zoom state with the handlers of a box that shows pictures: wheel, drag, pinch, `+ - 0` and arrow keys. */
export function useZoom() {
  const [zoom, setZoom] = useState(FIT);
  const pointers = useRef(new Map<number, { x: number; y: number }>());

  const by = useCallback((factor: number) => setZoom((now) => zoomedAt(now, factor, 0, 0)), []);
  const reset = useCallback(() => setZoom(FIT), []);

  const onWheel = (event: WheelEvent) => {
    const { x, y } = partOf(event.currentTarget, event);
    setZoom((now) => zoomedAt(now, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), x, y));
  };

  const onPointerDown = (event: PointerEvent) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };

  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, now);
    const box = event.currentTarget.getBoundingClientRect();
    const { x, y } = partOf(event.currentTarget, event);
    setZoom((zoom) => {
      if (other) return zoomedAt(zoom, distance(now, other) / Math.max(1, distance(before, other)), x, y);
      return inside({
        ...zoom,
        x: zoom.x + (now.x - before.x) / box.width,
        y: zoom.y + (now.y - before.y) / box.height,
      });
    });
  };

  const onPointerUp = (event: PointerEvent) => pointers.current.delete(event.pointerId);

  const onKeyDown = (event: KeyboardEvent) => {
    const shift = { ArrowLeft: [SHIFT, 0], ArrowRight: [-SHIFT, 0], ArrowUp: [0, SHIFT], ArrowDown: [0, -SHIFT] }[
      event.key
    ];
    if (event.key === "+" || event.key === "=") by(STEP);
    else if (event.key === "-") by(1 / STEP);
    else if (event.key === "0") reset();
    else if (shift) setZoom((now) => inside({ ...now, x: now.x + (shift[0] ?? 0), y: now.y + (shift[1] ?? 0) }));
    else return;
    event.preventDefault();
  };

  const style: CSSProperties = { transform: `translate(${zoom.x * 100}%, ${zoom.y * 100}%) scale(${zoom.scale})` };
  const handlers = { onWheel, onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp, onKeyDown };
  return { zoom, style, handlers, zoomIn: () => by(STEP), zoomOut: () => by(1 / STEP), reset };
}

function partOf(box: Element, { clientX, clientY }: { clientX: number; clientY: number }): { x: number; y: number } {
  const { left, top, width, height } = box.getBoundingClientRect();
  return { x: (clientX - left) / width - 0.5, y: (clientY - top) / height - 0.5 };
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
