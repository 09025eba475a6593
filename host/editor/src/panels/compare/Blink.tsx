/** Before and after in turn at the same place. */
import { Pause, Play, Repeat } from "lucide-react";
import { useEffect, useState } from "react";

import { api } from "../../api/client";
import { Button } from "../../ui/Button";
import { Stage } from "./Stage";
import type { CompareProps } from "./types";

/** Slower than three flashes a second, above which blinking can harm. */
const SPEEDS = { slow: 1500, normal: 800, quick: 400 } as const;

export function Blink({ a, b, labels, zoom }: CompareProps) {
  const [after, setAfter] = useState(false);
  const [speed, setSpeed] = useState<keyof typeof SPEEDS>("normal");
  const [playing, setPlaying] = useState(() => !matchMedia("(prefers-reduced-motion: reduce)").matches);

  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setAfter((shown) => !shown), SPEEDS[speed]);
    return () => clearInterval(timer);
  }, [playing, speed]);

  return (
    <>
      <Stage zoom={zoom} label="Before and after in turn">
        <img
          className="stage-picture"
          style={{ ...zoom.style, visibility: after ? "hidden" : "visible" }}
          src={api.assets.url(a)}
          alt={`Before: ${labels.a}`}
          draggable={false}
        />
        <img
          className="stage-picture"
          style={{ ...zoom.style, visibility: after ? "visible" : "hidden" }}
          src={api.assets.url(b)}
          alt={`After: ${labels.b}`}
          draggable={false}
        />
        <span className="stage-label left">{after ? "After" : "Before"}</span>
      </Stage>
      <div className="compare-foot">
        <Button size="small" icon={playing ? Pause : Play} onClick={() => setPlaying(!playing)}>
          {playing ? "Stop" : "Blink"}
        </Button>
        <Button size="small" icon={Repeat} onClick={() => setAfter(!after)}>
          Show {after ? "before" : "after"}
        </Button>
        <label>
          Speed{" "}
          <select
            className="select"
            value={speed}
            onChange={(event) => setSpeed(event.target.value as keyof typeof SPEEDS)}
          >
            {Object.keys(SPEEDS).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
    </>
  );
}
