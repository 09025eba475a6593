/** Every command by its name. */
import { Fzf } from "fzf";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { keysText } from "../ui/keys";
import { Dialog } from "../ui/Dialog";
import { commands } from "./commands";
import type { Command } from "./commands";
import { runCommand } from "./useShortcuts";
import { useView } from "./view";

export function CommandPalette() {
  const open = useView((view) => view.palette);
  return open ? <Palette /> : null;
}

function Palette() {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const usable = useMemo(
    () => commands.filter((command) => command.id !== "view.commands" && (command.when?.() ?? true)),
    [],
  );
  const finder = useMemo(
    () => new Fzf(usable, { selector: (command) => `${command.title} ${command.group}`, casing: "case-insensitive" }),
    [usable],
  );
  const found = query.trim() === "" ? usable : finder.find(query.trim()).map((hit) => hit.item);
  const active = Math.min(at, found.length - 1);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const close = () => useView.getState().setPalette(false);
  const take = (command: Command | undefined) => {
    if (!command) return;
    close();
    // The dialog gives the focus back first; commands look at what has it.
    requestAnimationFrame(() => void runCommand(command));
  };
  return (
    <Dialog title="Commands" width={560} onClose={close}>
      <input
        className="palette-search"
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-label="Search commands"
        aria-activedescendant={found.length > 0 ? `${id}-${active}` : undefined}
        placeholder="Search commands"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, active + 1));
          else if (event.key === "ArrowUp") setAt(Math.max(0, active - 1));
          else if (event.key === "Enter") take(found[active]);
          else return;
          event.preventDefault();
        }}
      />
      <ul ref={list} id={id} role="listbox" aria-label="Commands" className="palette-list">
        {found.map((command, index) => (
          <li
            key={command.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            className={index === active ? "active" : ""}
            onPointerMove={() => setAt(index)}
            onClick={() => take(command)}
          >
            <span className="palette-title">{command.title}</span>
            <span className="palette-group">{command.group}</span>
            {command.keys[0] && <kbd>{keysText(command.keys[0])}</kbd>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="muted">No command is called like that.</p>}
    </Dialog>
  );
}
