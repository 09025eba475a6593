/** How the plane is scaled into the minimap. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A point of the plane lies at `(x - left) * scale` in the minimap. */
export interface Placed {
  scale: number;
  left: number;
  top: number;
}

const MARGIN = 0.08;

/** Fits all boxes into the minimap, centered, with a margin. */
export function place(boxes: readonly Box[], width: number, height: number): Placed {
  if (boxes.length === 0) return { scale: 0.1, left: 0, top: 0 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  const [w, h] = [Math.max(1, right - left), Math.max(1, bottom - top)];
  const scale = Math.min(width / w, height / h) * (1 - 2 * MARGIN);
  return { scale, left: left + w / 2 - width / scale / 2, top: top + h / 2 - height / scale / 2 };
}
