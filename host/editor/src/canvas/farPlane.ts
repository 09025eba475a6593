/**
 * The graph from far away, painted: boxes with titles and wires. Thousands of elements would cost the browser more for
 * each movement of the view than painting them does.
 */
import { kindColor } from "../graph/kinds";
import type { CssColors } from "./cssColors";
import { FAR_TITLE, farFont, titleLines } from "./farTitle";
import type { CardNode, FlowEdge, FlowNode } from "./flow";
import { traceWire } from "./wirePath";
import type { XY } from "./wirePath";

/** What of the plane is seen: a point of it lies at `x + zoom · point` CSS pixels, `ratio` device pixels each. */
export interface Sight {
  x: number;
  y: number;
  zoom: number;
  width: number;
  height: number;
  ratio: number;
}

/** How things look here. */
export interface Look {
  colors: CssColors;
  /** Of the font, as CSS has it. */
  family: string;
}

/** Wires of one look as one path, in editor pixels. */
export interface WireBundle {
  color: string;
  selected: boolean;
  path: Path2D;
}

/** Below this height, in CSS pixels, titles are a blur: nodes are plain boxes in the colors of the minimap then. */
const SMALLEST_TITLE = 6;
const CORNER = 6;
const WIRE = 2;
const THINNEST_WIRE = 0.6;
const SELECTED_WIRE = 2;
/** In CSS pixels. */
const BORDER = 0.75;
const RING = 2;
const THINNEST_RING = 1.5;
const FADED = 0.55;

/** Bundles the wires between nodes that are on the canvas; to be done again when nodes or wires change. */
export function bundleWires(nodes: readonly FlowNode[], edges: readonly FlowEdge[]): WireBundle[] {
  const cards = new Map<string, CardNode>();
  for (const node of nodes) if (node.type === "card") cards.set(node.id, node);
  const bundles = new Map<string, WireBundle>();
  for (const { source, target, sourceHandle, targetHandle, data, selected = false } of edges) {
    const from = portOf(cards.get(source), "source", sourceHandle);
    const to = portOf(cards.get(target), "target", targetHandle);
    if (!from || !to) continue;
    const color = selected ? "--focus" : kindColor(data?.kind ?? "any");
    const key = `${color} ${selected}`;
    let bundle = bundles.get(key);
    if (!bundle) bundles.set(key, (bundle = { color, selected, path: new Path2D() }));
    traceWire(bundle.path, from, to, data?.wire.bends ?? []);
  }
  return [...bundles.values()];
}

function portOf(card: CardNode | undefined, type: "source" | "target", id: string | null | undefined): XY | undefined {
  const handle = card?.data.view.layout.handles.find((it) => it.type === type && it.id === id);
  return card && handle && { x: card.position.x + handle.x, y: card.position.y + handle.y };
}

/** Paints what is in sight; `stateOf` says how a node's run goes. */
export function paintFar(
  context: CanvasRenderingContext2D,
  sight: Sight,
  nodes: readonly FlowNode[],
  wires: readonly WireBundle[],
  { colors, family }: Look,
  stateOf: (node: string) => string | undefined,
): void {
  const { x, y, zoom, width, height, ratio } = sight;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * x, ratio * y);
  for (const { color, selected, path } of wires) {
    context.strokeStyle = colors.of(color);
    context.lineWidth = selected ? SELECTED_WIRE / zoom : Math.max(WIRE, THINNEST_WIRE / zoom);
    context.stroke(path);
  }
  const [left, top] = [-x / zoom, -y / zoom];
  const [right, bottom] = [left + width / zoom, top + height / zoom];
  context.font = farFont(family);
  const titled = isTitled(zoom);
  for (const node of nodes) {
    if (node.type !== "card") continue;
    const { position, width: w = 0, height: h = 0 } = node;
    if (position.x > right || position.y > bottom || position.x + w < left || position.y + h < top) continue;
    paintCard(context, node, zoom, colors, stateOf(node.id));
    if (titled) paintTitle(context, node, colors);
  }
  context.globalAlpha = 1;
}

function isTitled(zoom: number): boolean {
  return FAR_TITLE * zoom >= SMALLEST_TITLE;
}

function paintCard(
  context: CanvasRenderingContext2D,
  { data: { view }, position: { x, y }, width = 0, height = 0, selected }: CardNode,
  zoom: number,
  colors: CssColors,
  state: string | undefined,
): void {
  const titled = isTitled(zoom);
  const faded = view.node.state === "muted" || view.node.state === "bypassed";
  context.globalAlpha = faded ? FADED : 1;
  const color = `--${titled ? "category" : "minimap"}-${view.color}`;
  context.fillStyle = colors.of(view.known ? color : "--warning-soft");
  if (titled) {
    context.strokeStyle = colors.of("--line-strong");
    context.lineWidth = BORDER / zoom;
    context.beginPath();
    context.roundRect(x, y, width, height, CORNER);
    context.fill();
    context.stroke();
  } else {
    context.fillRect(x, y, width, height);
  }
  const dashed = !view.known || view.unavailable !== undefined;
  const faulty = state === "failed" || view.faults.some((fault) => fault.severity === "error" && !fault.missing);
  const marks = [
    selected && "--accent",
    (faulty && "--danger") || (state === "running" && "--success") || (dashed && "--warning"),
  ];
  let around = 0;
  for (const mark of marks) {
    if (!mark) continue;
    const line = Math.max(RING, THINNEST_RING / zoom);
    around += line / 2;
    context.strokeStyle = colors.of(mark);
    context.lineWidth = line;
    context.setLineDash(mark === "--warning" ? [line * 3, line * 2] : []);
    context.strokeRect(x - around, y - around, width + 2 * around, height + 2 * around);
    around += line / 2;
  }
  context.setLineDash([]);
}

function paintTitle(
  context: CanvasRenderingContext2D,
  { data: { view }, position: { x, y }, width = 0, height = 0 }: CardNode,
  colors: CssColors,
): void {
  context.fillStyle = colors.of("--text");
  for (const line of titleLines(context, view.title, width, height))
    context.fillText(line.text, x + line.x, y + line.y);
}
