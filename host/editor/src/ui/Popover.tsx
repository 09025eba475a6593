/** Something that floats at a point or beside an element, stays inside the window and closes on Escape or a press outside. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { CSSProperties, ReactNode } from "react";
import { createPortal } from "react-dom";
import "./ui.css";

/** Where it opens: a point of the window, or below a box. */
export type Anchor = { x: number; y: number } | DOMRect;

interface PopoverProps {
  anchor: Anchor;
  onClose: () => void;
  label: string;
  role?: "dialog" | "menu" | "listbox";
  className?: string;
  /** As wide as the box it opens below, at least. */
  matchWidth?: boolean;
  children: ReactNode;
}

const GAP = 4;
const EDGE = 8;

export function Popover({
  anchor,
  onClose,
  label,
  role = "dialog",
  className = "",
  matchWidth,
  children,
}: PopoverProps) {
  const element = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<CSSProperties>({ visibility: "hidden" });
  const box = "width" in anchor ? anchor : undefined;

  useLayoutEffect(() => {
    const floating = element.current;
    if (!floating) return;
    const place = () => setPlace(inWindow(anchor, floating.offsetWidth, floating.offsetHeight));
    place();
    const observer = new ResizeObserver(place);
    observer.observe(floating);
    return () => observer.disconnect();
  }, [anchor]);

  useEffect(() => {
    const before = document.activeElement;
    const press = (event: PointerEvent) => {
      const target = event.target as Element;
      if (!element.current?.contains(target) && !target.closest(".popover")) onClose();
    };
    // The focus may be elsewhere, as when something is only looked at.
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      onClose();
    };
    window.addEventListener("pointerdown", press, true);
    window.addEventListener("keydown", escape, true);
    return () => {
      window.removeEventListener("pointerdown", press, true);
      window.removeEventListener("keydown", escape, true);
      if (
        (before instanceof HTMLElement || before instanceof SVGElement) &&
        before.isConnected &&
        !document.activeElement?.closest("dialog")
      ) {
        before.focus({ preventScroll: true });
      }
    };
    // Focus goes back to what had it when this opened, so this must run once.
  }, []);

  return createPortal(
    <div
      ref={element}
      role={role}
      aria-label={label}
      className={`popover ${className}`}
      style={{ ...place, ...(matchWidth && box ? { minWidth: box.width } : {}) }}
      onKeyDown={(event) => event.stopPropagation()}
      onWheel={(event) => event.stopPropagation()}
    >
      {children}
    </div>,
    document.querySelector("dialog[open]") ?? document.body,
  );
}

function inWindow(anchor: Anchor, width: number, height: number): CSSProperties {
  const below = "width" in anchor ? anchor.bottom + GAP : anchor.y;
  const left = "width" in anchor ? anchor.left : anchor.x;
  const above = "width" in anchor ? anchor.top - GAP - height : anchor.y - height;
  const fits = below + height <= window.innerHeight - EDGE;
  const top = fits ? below : Math.max(EDGE, above >= EDGE ? above : window.innerHeight - EDGE - height);
  return { left: Math.max(EDGE, Math.min(left, window.innerWidth - EDGE - width)), top };
}
