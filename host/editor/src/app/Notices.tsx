/** Sentences that are shown for a few seconds, and said by screen readers. */
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { IconButton } from "../ui/Button";
import { useView } from "./view";

export function Notices() {
  const notices = useView((view) => view.notices);
  const dismiss = useView((view) => view.dismiss);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Shown anew with each notice, so that it lies above dialogs that were opened since.
    box.current?.hidePopover();
    if (notices.length > 0) box.current?.showPopover();
  }, [notices]);
  return (
    <div ref={box} popover="manual" className="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} className={`notice ${notice.tone}`}>
          <span>{notice.text}</span>
          <IconButton icon={X} iconSize={13} label="Dismiss" onClick={() => dismiss(notice.id)} />
        </div>
      ))}
    </div>
  );
}
