/**
 * The whole graph small, with what is seen as a rectangle in it. Nodes are painted when they change; while the view moves
 * only the rectangle does, without React.
 */
import { useStore, useStoreApi } from "@xyflow/react";
import { useEffect, useRef } from "react";
import type { KeyboardEvent, PointerEvent } from "react";
import type { FlowNode } from "./flow";
import { place } from "./minimapPlace";
import type { Box, Placed } from "./minimapPlace";
import { useCanvas } from "./store";

const WIDTH = 200;
const HEIGHT = 140;
/** Pixels of the window an arrow key moves the view by. */
const KEY_STEP = 80;

/** Narrower than this the canvas needs all its place for itself, in CSS pixels. */
const NARROWEST_CANVAS = 640;

export function Minimap({ nodes }: { nodes: readonly FlowNode[] }) {
  const roomy = useStore(({ width }) => width === 0 || width >= NARROWEST_CANVAS);
  return roomy && <Overview nodes={nodes} />;
}

function Overview({ nodes }: { nodes: readonly FlowNode[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const seen = useRef<HTMLDivElement>(null);
  const placed = useRef<Placed>(place([], WIDTH, HEIGHT));
  const store = useStoreApi();

  useEffect(() => {
    placed.current = place(nodes.map(boxOf), WIDTH, HEIGHT);
    if (canvas.current) paint(canvas.current, nodes, placed.current);
    const follow = () => {
      const { transform, width, height } = store.getState();
      const [x, y, zoom] = transform;
      const { scale, left, top } = placed.current;
      const style = seen.current?.style;
      if (!style) return;
      style.transform = `translate(${(-x / zoom - left) * scale}px, ${(-y / zoom - top) * scale}px)`;
      style.width = `${(width / zoom) * scale}px`;
      style.height = `${(height / zoom) * scale}px`;
    };
    follow();
    return store.subscribe(follow);
  }, [nodes, store]);
  useEffect(() => {
    const repaint = () => canvas.current && paint(canvas.current, nodes, placed.current);
    const theme = new MutationObserver(repaint);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => theme.disconnect();
  }, [nodes]);

  const go = (event: PointerEvent<HTMLElement>) => {
    const flow = useCanvas.getState().flow;
    const box = event.currentTarget.getBoundingClientRect();
    const { scale, left, top } = placed.current;
    void flow?.setCenter((event.clientX - box.left) / scale + left, (event.clientY - box.top) / scale + top, {
      zoom: flow.getZoom(),
    });
  };
  const key = (event: KeyboardEvent) => {
    const flow = useCanvas.getState().flow;
    const [dx, dy] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [];
    if (!flow || dx === undefined || dy === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const { x, y, zoom } = flow.getViewport();
    void flow.setViewport({ x: x + dx * KEY_STEP, y: y + dy * KEY_STEP, zoom });
  };
  return (
    <div
      className="minimap"
      role="application"
      aria-label="Minimap: press where to go, or use the arrow keys"
      tabIndex={0}
      style={{ width: WIDTH, height: HEIGHT }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && go(event)}
      onKeyDown={key}
    >
      <canvas ref={canvas} width={WIDTH * 2} height={HEIGHT * 2} />
      <div ref={seen} className="minimap-seen" />
    </div>
  );
}

function boxOf({ position, width = 0, height = 0 }: FlowNode): Box {
  return { x: position.x, y: position.y, width, height };
}

function paint(canvas: HTMLCanvasElement, nodes: readonly FlowNode[], { scale, left, top }: Placed): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const colors = colorsOf(canvas);
  const factor = scale * (canvas.width / WIDTH);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = colors.line;
  for (const node of nodes) {
    const { x, y, width, height } = boxOf(node);
    context.fillStyle = node.type === "card" ? (colors.categories[node.data.view.color] ?? colors.frame) : colors.frame;
    const box = [
      (x - left) * factor,
      (y - top) * factor,
      Math.max(2, width * factor),
      Math.max(2, height * factor),
    ] as const;
    context.fillRect(...box);
    context.strokeRect(...box);
  }
}

/** Colors of the style sheet as a canvas takes them. */
function colorsOf(element: HTMLElement): { frame: string; line: string; categories: string[] } {
  const probe = element.ownerDocument.createElement("span");
  element.parentElement?.append(probe);
  const resolved = (property: string) => {
    probe.style.color = `var(${property})`;
    return getComputedStyle(probe).color;
  };
  const colors = {
    frame: resolved("--surface-3"),
    line: resolved("--line-strong"),
    categories: [0, 1, 2, 3, 4, 5].map((index) => resolved(`--minimap-${index}`)),
  };
  probe.remove();
  return colors;
}
