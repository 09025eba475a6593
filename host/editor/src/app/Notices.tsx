/** Sentences that are shown for a few seconds, and said by screen readers. */
import { X } from "lucide-react";
import { IconButton } from "../ui/Button";
import { useView } from "./view";

export function Notices() {
  const notices = useView((view) => view.notices);
  const dismiss = useView((view) => view.dismiss);
  return (
    <div className="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} className={`notice ${notice.tone}`}>
          <span>{notice.text}</span>
          <IconButton icon={X} iconSize={13} label="Dismiss" onClick={() => dismiss(notice.id)} />
        </div>
      ))}
    </div>
  );
}
