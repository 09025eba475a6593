/**
 * The whole graph small, with what is seen as a rectangle in it. Nodes are painted when they change; while the view moves
 * only the rectangle does, without React.
 */
import { useStore, useStoreApi } from "@xyflow/react";
import { useEffect, useRef } from "react";
import type { KeyboardEvent, PointerEvent } from "react";
import { CssColors, onThemeChange } from "./cssColors";
import type { FlowNode } from "./flow";
import { place } from "./minimapPlace";
import type { Box, Placed } from "./minimapPlace";
import { useCanvas } from "./store";

const WIDTH = 200;
const HEIGHT = 140;
/** Of the minimap, together. */
const BORDERS = 2;
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
      // What lies beyond the minimap is left out, so that a view of everything is a frame around everything.
      const [fromX, fromY] = [Math.max(0, (-x / zoom - left) * scale), Math.max(0, (-y / zoom - top) * scale)];
      const toX = Math.min(WIDTH - BORDERS, ((width - x) / zoom - left) * scale);
      const toY = Math.min(HEIGHT - BORDERS, ((height - y) / zoom - top) * scale);
      style.transform = `translate(${fromX}px, ${fromY}px)`;
      style.width = `${Math.max(0, toX - fromX)}px`;
      style.height = `${Math.max(0, toY - fromY)}px`;
    };
    follow();
    return store.subscribe(follow);
  }, [nodes, store]);
  useEffect(() => {
    const repaint = () => canvas.current && paint(canvas.current, nodes, placed.current);
    return onThemeChange(repaint);
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
  if (!context || !canvas.parentElement) return;
  const colors = new CssColors(canvas.parentElement);
  const factor = scale * (canvas.width / WIDTH);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = colors.of("--line-strong");
  for (const node of nodes) {
    const { x, y, width, height } = boxOf(node);
    context.fillStyle = colors.of(node.type === "card" ? `--minimap-${node.data.view.color}` : "--surface-3");
    const box = [
      (x - left) * factor,
      (y - top) * factor,
      Math.max(2, width * factor),
      Math.max(2, height * factor),
    ] as const;
    context.fillRect(...box);
    context.strokeRect(...box);
  }
  colors.remove();
}
