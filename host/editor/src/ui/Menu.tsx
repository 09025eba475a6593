/** A menu of actions: arrow keys move, Enter runs, letters jump. */
import type { LucideIcon } from "lucide-react";
import { useEffect, useRef } from "react";
import { keysText } from "./keys";
import { Popover } from "./Popover";
import type { Anchor } from "./Popover";

export interface MenuItem {
  title: string;
  icon?: LucideIcon;
  keys?: string | undefined;
  disabled?: boolean;
  danger?: boolean;
  run: () => void;
}

/** Items in groups; a line is drawn between groups. */
export function Menu({
  anchor,
  label,
  groups,
  onClose,
}: {
  anchor: Anchor;
  label: string;
  groups: MenuItem[][];
  onClose: () => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The popover becomes visible after it was placed.
    const frame = requestAnimationFrame(() => items(list.current)[0]?.focus());
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    <Popover anchor={anchor} onClose={onClose} label={label} role="menu" className="menu">
      <div ref={list} onKeyDown={(event) => moveFocus(event, list.current)}>
        {groups
          .filter((group) => group.length > 0)
          .map((group, index) => (
            <div key={index} className="menu-group" role="group">
              {group.map((item) => (
                <button
                  key={item.title}
                  type="button"
                  role="menuitem"
                  disabled={item.disabled}
                  className={`menu-item ${item.danger ? "danger" : ""}`}
                  onClick={() => {
                    onClose();
                    item.run();
                  }}
                >
                  {item.icon ? <item.icon size={14} aria-hidden /> : <span className="menu-space" />}
                  <span className="menu-title">{item.title}</span>
                  {item.keys && <kbd>{keysText(item.keys)}</kbd>}
                </button>
              ))}
            </div>
          ))}
      </div>
    </Popover>
  );
}

function items(list: HTMLElement | null): HTMLButtonElement[] {
  return [...(list?.querySelectorAll<HTMLButtonElement>("[role=menuitem]:not(:disabled)") ?? [])];
}

function moveFocus(event: React.KeyboardEvent, list: HTMLElement | null): void {
  const all = items(list);
  const at = all.indexOf(document.activeElement as HTMLButtonElement);
  const to = nextIndex(event.key, at, all);
  if (to === undefined) return;
  event.preventDefault();
  all[to]?.focus();
}

function nextIndex(key: string, at: number, all: HTMLButtonElement[]): number | undefined {
  if (key === "ArrowDown") return (at + 1) % all.length;
  if (key === "ArrowUp") return (at - 1 + all.length) % all.length;
  if (key === "Home") return 0;
  if (key === "End") return all.length - 1;
  if (key.length !== 1) return undefined;
  const starts = (item: HTMLButtonElement) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase());
  const after = all.findIndex((item, index) => index > at && starts(item));
  const found = after >= 0 ? after : all.findIndex(starts);
  return found >= 0 ? found : undefined;
}
