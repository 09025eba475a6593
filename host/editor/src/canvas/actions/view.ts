/** What part of the graph is seen. */
import { useCanvas } from "../store";

const PADDING = 0.12;
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
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(name)}"]`)?.focus({ preventScroll: true }),
  );
}
