/** Before left of a divider, after right of it. */
import { useState } from "react";
import type { KeyboardEvent, PointerEvent } from "react";

import { api } from "../../api/client";
import { Stage } from "./Stage";
import type { CompareProps } from "./types";

export function Wipe({ a, b, labels, zoom }: CompareProps) {
  const [at, setAt] = useState(50);
  const within = (value: number) => setAt(Math.min(100, Math.max(0, value)));

  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.shiftKey ? 10 : 1;
    const to = { ArrowLeft: at - by, ArrowRight: at + by, Home: 0, End: 100, PageDown: at - 10, PageUp: at + 10 }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    within(to);
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    event.stopPropagation();
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    if (box) within(((event.clientX - box.left) / box.width) * 100);
  };

  return (
    <Stage zoom={zoom} label="Before and after with a divider">
      <div className="stage-layer" style={{ clipPath: `inset(0 ${100 - at}% 0 0)` }}>
        <img
          className="stage-picture"
          style={zoom.style}
          src={api.assets.url(a)}
          alt={`Before: ${labels.a}`}
          draggable={false}
        />
      </div>
      <div className="stage-layer" style={{ clipPath: `inset(0 0 0 ${at}%)` }}>
        <img
          className="stage-picture"
          style={zoom.style}
          src={api.assets.url(b)}
          alt={`After: ${labels.b}`}
          draggable={false}
        />
      </div>
      <span className="stage-label left">Before</span>
      <span className="stage-label right">After</span>
      <div
        className="divider"
        style={{ left: `${at}%` }}
        role="slider"
        tabIndex={0}
        aria-label="Divider"
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(at)}
        aria-valuetext={`${Math.round(at)} percent before`}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.stopPropagation();
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onPointerMove}
      />
    </Stage>
  );
}
