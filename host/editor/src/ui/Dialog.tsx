/** A modal dialog on the browser's own `<dialog>`: focus stays inside, Escape closes, focus goes back. */
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { IconButton } from "./Button";
import "./ui.css";

interface DialogProps {
  title: string;
  onClose: () => void;
  /** In CSS pixels; never wider than the window. */
  width?: number;
  /** Buttons in the lower right corner. */
  footer?: ReactNode;
  children: ReactNode;
}

/** What begins with the focus: the first thing that is not the head. */
const FIRST = ".dialog-body :is(input, textarea, select, button, [tabindex='0']):not(:disabled), .dialog-foot button";

export function Dialog({ title, onClose, width = 560, footer, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // What asked for the focus while the dialog was not shown yet did not get it, but the button that closes.
      dialog.querySelector<HTMLElement>(FIRST)?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className="dialog"
      style={{ width: `min(${width}px, calc(100vw - 24px))` }}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onPointerDown={(event) => {
        if (event.target === element.current && outside(event, element.current)) onClose();
      }}
    >
      <header className="dialog-head">
        <h2>{title}</h2>
        <IconButton icon={X} label="Close" onClick={onClose} />
      </header>
      <div className="dialog-body">{children}</div>
      {footer && <footer className="dialog-foot">{footer}</footer>}
    </dialog>
  );
}

function outside(event: { clientX: number; clientY: number }, element: HTMLElement): boolean {
  const box = element.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
