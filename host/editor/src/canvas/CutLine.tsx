/** The stroke that cuts the wires it crosses: right button with Ctrl or Alt, or the cutting tool. */
import { useEffect, useState } from "react";
import { wiresOf } from "../graph/wires";
import { activeBody } from "./active";
import { cut } from "./actions/wires";
import { chainsCross } from "./crossing";
import { useCanvas } from "./store";
import { endsOf } from "./wireEnds";
import { wirePoints } from "./wirePath";
import type { XY } from "./wirePath";

const RIGHT_BUTTON = 2;
/** Points nearer than this to the last one are left out, in window pixels. */
const SPACING = 4;

export function CutLine() {
  const [points, setPoints] = useState<readonly XY[]>([]);
  useEffect(() => {
    let stroke: XY[] = [];
    const begin = (event: PointerEvent) => {
      const target = event.target as Element;
      const byTool = event.button === 0 && useCanvas.getState().tool === "cut";
      const byKey = event.button === RIGHT_BUTTON && (event.ctrlKey || event.altKey);
      if (!target.closest(".react-flow") || !(byTool || byKey)) return;
      event.preventDefault();
      event.stopPropagation();
      stroke = [{ x: event.clientX, y: event.clientY }];
      window.addEventListener("pointermove", draw, true);
      window.addEventListener("pointerup", end, true);
      window.addEventListener("contextmenu", prevent, true);
    };
    const draw = (event: PointerEvent) => {
      const last = stroke.at(-1);
      if (last && Math.hypot(event.clientX - last.x, event.clientY - last.y) < SPACING) return;
      stroke = [...stroke, { x: event.clientX, y: event.clientY }];
      setPoints(stroke);
    };
    const end = () => {
      cut(crossed(stroke));
      stroke = [];
      setPoints([]);
      window.removeEventListener("pointermove", draw, true);
      window.removeEventListener("pointerup", end, true);
      // The menu follows the release on some systems.
      setTimeout(() => window.removeEventListener("contextmenu", prevent, true));
    };
    window.addEventListener("pointerdown", begin, true);
    return () => window.removeEventListener("pointerdown", begin, true);
  }, []);
  if (points.length < 2) return null;
  return (
    <svg className="cut-line" aria-hidden>
      <polyline points={points.map(({ x, y }) => `${x},${y}`).join(" ")} />
    </svg>
  );
}

/** Ids of the wires a stroke across the window crosses. */
function crossed(stroke: readonly XY[]): string[] {
  const flow = useCanvas.getState().flow;
  const body = activeBody();
  if (!flow || !body || stroke.length < 2) return [];
  const line = stroke.map((point) => flow.screenToFlowPosition(point, { snapToGrid: false }));
  return wiresOf(body)
    .filter((wire) => {
      const ends = endsOf(wire);
      return ends !== undefined && chainsCross(line, wirePoints(ends.from, ends.to, wire.bends));
    })
    .map((wire) => wire.id);
}

function prevent(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
