/** Whether the wheel zooms, as with a mouse, or pans, as two fingers on a trackpad do. */
import { useEffect, useState } from "react";

/** Mice report whole notches, trackpads small or uneven amounts and movement sideways. */
const NOTCH = 40;

export function useTrackpad(): "zoom" | "pan" {
  const [kind, setKind] = useState<"zoom" | "pan">("zoom");
  useEffect(() => {
    const listen = (event: WheelEvent) => {
      if (event.ctrlKey || event.metaKey) return;
      setKind(isTrackpad(event) ? "pan" : "zoom");
    };
    window.addEventListener("wheel", listen, { capture: true, passive: true });
    return () => window.removeEventListener("wheel", listen, { capture: true });
  }, []);
  return kind;
}

/** A guess from one event of the wheel; pinching is not asked about, it always zooms. */
export function isTrackpad({
  deltaX,
  deltaY,
  deltaMode,
}: Pick<WheelEvent, "deltaX" | "deltaY" | "deltaMode">): boolean {
  if (deltaMode !== 0) return false;
  return deltaX !== 0 || !Number.isInteger(deltaY) || (deltaY !== 0 && Math.abs(deltaY) < NOTCH);
}
