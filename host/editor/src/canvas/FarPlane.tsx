/** Nodes and wires while they are too far away to be read, painted over the elements that still take the pointer. */
import { useStoreApi } from "@xyflow/react";
import { useEffect, useMemo, useRef } from "react";
import { useRuns } from "../runs/store";
import { CssColors, onThemeChange } from "./cssColors";
import { bundleWires, paintFar } from "./farPlane";
import type { FlowEdge, FlowNode } from "./flow";

export function FarPlane({ nodes, edges }: { nodes: readonly FlowNode[]; edges: readonly FlowEdge[] }) {
  const element = useRef<HTMLCanvasElement>(null);
  const store = useStoreApi();
  const wires = useMemo(() => bundleWires(nodes, edges), [nodes, edges]);

  useEffect(() => {
    const canvas = element.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context || !canvas.parentElement) return;
    const colors = new CssColors(canvas.parentElement);
    const look = { colors, family: getComputedStyle(canvas).fontFamily };
    let asked = 0;
    const paint = () => {
      asked = 0;
      const { transform, width, height } = store.getState();
      const ratio = window.devicePixelRatio;
      fit(canvas, Math.round(width * ratio), Math.round(height * ratio));
      const [x, y, zoom] = transform;
      const runs = useRuns.getState();
      paintFar(context, { x, y, zoom, width, height, ratio }, nodes, wires, look, (node) => runs.nodeRun(node)?.state);
    };
    // Many changes in one frame are painted once.
    const ask = () => {
      asked ||= requestAnimationFrame(paint);
    };
    paint();
    const ends = [
      store.subscribe(ask),
      useRuns.subscribe(ask),
      onThemeChange(() => {
        colors.forget();
        ask();
      }),
    ];
    return () => {
      cancelAnimationFrame(asked);
      for (const end of ends) end();
      colors.remove();
    };
  }, [nodes, wires, store]);

  return <canvas ref={element} className="far-plane" aria-hidden />;
}

/** Setting the size clears a canvas, so it is only done when it changed. */
function fit(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
