/** A list in a popover that is searched by typing: the part choices, models and files have in common. */
import { Check } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import type { ReactNode } from "react";
import { Popover } from "../ui/Popover";
import type { Anchor } from "../ui/Popover";

export interface Option {
  key: string;
  title: string;
  /** In small letters behind the title. */
  detail?: string;
  /** URL of a small picture. */
  picture?: string | undefined;
}

interface PickerProps {
  anchor: Anchor;
  label: string;
  options: readonly Option[];
  current: string | undefined;
  pick: (key: string) => void;
  onClose: () => void;
  /** Whether what is typed may be taken although no option is called so. */
  free?: boolean;
  /** Above the list. */
  header?: ReactNode;
  empty?: string;
}

export function Picker({ anchor, label, options, current, pick, onClose, free, header, empty }: PickerProps) {
  const [query, setQuery] = useState("");
  const found = matching(options, query);
  const typed = free && query !== "" && !options.some((option) => option.key === query);
  const all = typed ? [...found, { key: query, title: query, detail: "as typed" }] : found;
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      options.findIndex((option) => option.key === current),
    ),
  );
  const active = Math.min(at, all.length - 1);
  const list = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => {
    const frame = requestAnimationFrame(() => field.current?.focus({ preventScroll: true }));
    return () => cancelAnimationFrame(frame);
  }, []);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const take = (option: Option | undefined) => {
    if (!option) return;
    onClose();
    pick(option.key);
  };
  return (
    <Popover anchor={anchor} onClose={onClose} label={label} className="picker" matchWidth>
      {header}
      <input
        ref={field}
        className="picker-search"
        role="combobox"
        aria-label={`Search ${label}`}
        aria-expanded
        aria-controls={id}
        aria-activedescendant={all.length > 0 ? `${id}-${active}` : undefined}
        placeholder={free ? "Search, or type a name" : "Search"}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt(Math.min(all.length - 1, active + 1));
          else if (event.key === "ArrowUp") setAt(Math.max(0, active - 1));
          else if (event.key === "Enter") take(all[active]);
          else return;
          event.preventDefault();
        }}
      />
      <ul ref={list} id={id} role="listbox" aria-label={label} className="picker-list">
        {all.map((option, index) => (
          <li
            key={option.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={option.key === current}
            className={index === active ? "active" : ""}
            onPointerMove={() => setAt(index)}
            onClick={() => take(option)}
          >
            {option.picture && (
              <img
                src={option.picture}
                alt=""
                loading="lazy"
                onError={(event) => (event.currentTarget.style.visibility = "hidden")}
              />
            )}
            <span className="picker-title">{option.title}</span>
            {option.detail && <span className="picker-detail">{option.detail}</span>}
            {option.key === current && <Check size={13} aria-hidden />}
          </li>
        ))}
      </ul>
      {all.length === 0 && (
        <p className="picker-empty">{query === "" ? (empty ?? "Nothing to choose from.") : "Nothing fits."}</p>
      )}
    </Popover>
  );
}

function matching(options: readonly Option[], query: string): Option[] {
  const words = query.toLowerCase().split(/\s+/);
  return options.filter((option) =>
    words.every((word) => `${option.title} ${option.key}`.toLowerCase().includes(word)),
  );
}
