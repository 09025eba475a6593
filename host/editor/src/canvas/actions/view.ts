/** What part of the graph is seen. */
import { isNote } from "../flow";
import { freeSpot } from "../freeSpot";
import type { Box } from "../minimapPlace";
import { useCanvas } from "../store";

/** Left the tools lie over the canvas. */
const PADDING = { left: "72px", right: "32px", top: "32px", bottom: "32px" } as const;
const MOST_ZOOM = 1;
const EASE_MS = 180;

/** Milliseconds of a movement of the view; none for people who asked for less motion. */
export function ease(): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : EASE_MS;
}

/** Shows the whole graph, or these nodes. */
export function zoomToFit(names?: readonly string[]): void {
  // After the next frame, when a scope that was just entered is on the canvas.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const flow = useCanvas.getState().flow;
      if (!flow) return;
      // React Flow would wait for the first node to come and then move it away from where it was put.
      if (flow.getNodes().length === 0) {
        void flow.setViewport({ x: 0, y: 0, zoom: 1 });
        return;
      }
      const nodes = names?.map((id) => ({ id }));
      void flow.fitView({
        padding: PADDING,
        maxZoom: MOST_ZOOM,
        duration: ease(),
        ...(nodes && nodes.length > 0 ? { nodes } : {}),
      });
    }),
  );
}

export function zoomIn(): void {
  void useCanvas.getState().flow?.zoomIn({ duration: ease() });
}

export function zoomOut(): void {
  void useCanvas.getState().flow?.zoomOut({ duration: ease() });
}

export function zoomToOriginal(): void {
  void useCanvas.getState().flow?.zoomTo(1, { duration: ease() });
}

/** The middle of what is seen, in editor pixels. */
export function viewCenter(): { x: number; y: number } {
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  const flow = useCanvas.getState().flow;
  if (!pane || !flow) return { x: 0, y: 0 };
  return flow.screenToFlowPosition({ x: pane.x + pane.width / 2, y: pane.y + pane.height / 2 });
}

/** Puts the keyboard focus on a node, after it is drawn. */
export function focusNode(name: string): void {
  focusElement(`.react-flow__node[data-id="${CSS.escape(name)}"]`);
}

/** Puts the keyboard focus on something of the canvas; what comes into sight only now is drawn a few frames later. */
export function focusElement(selector: string, frames = 10): void {
  requestAnimationFrame(() => {
    const found = document.querySelector<HTMLElement | SVGElement>(selector);
    if (found) found.focus({ preventScroll: true });
    else if (frames > 1) focusElement(selector, frames - 1);
  });
}

const MARGIN = 24;

/** Moves the view no further than it must to show a box, in editor pixels. */
export function bringIntoSight(box: Box | undefined): void {
  const flow = useCanvas.getState().flow;
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (!flow || !box || !pane) return;
  const { x, y, zoom } = flow.getViewport();
  const corner = flow.flowToScreenPosition(box);
  const dx = shiftInto(corner.x, box.width * zoom, pane.left, pane.right);
  const dy = shiftInto(corner.y, box.height * zoom, pane.top, pane.bottom);
  if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: ease() });
}

/** How far a stretch must move to lie between two borders; its beginning counts when it is too long. */
function shiftInto(start: number, length: number, from: number, to: number): number {
  if (start < from + MARGIN) return from + MARGIN - start;
  return Math.max(from + MARGIN - start, Math.min(0, to - MARGIN - (start + length)));
}

/** A free place for something of this size, as near to a point as there is one: to the middle of what is seen. */
export function freePlace(width: number, height: number, { x, y } = viewCenter()): { x: number; y: number } {
  const nodes = useCanvas.getState().flow?.getNodes() ?? [];
  const taken = nodes.filter((node) => node.type === "card" || isNote(node.data.frame));
  const boxes = taken.map(({ position, width: w = 0, height: h = 0 }) => ({ ...position, width: w, height: h }));
  return freeSpot({ x: Math.round(x - width / 2), y: Math.round(y - height / 2) }, width, height, boxes);
}
