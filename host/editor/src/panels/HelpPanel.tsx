/** How to begin, and every key. */
import { useMemo, useState } from "react";

import { commands, type Command } from "../app/commands";
import { keysText } from "../ui/keys";
import { GettingStarted } from "./GettingStarted";
import { Gestures } from "./Gestures";
import "./panels.css";

export function HelpPanel() {
  const [query, setQuery] = useState("");
  const groups = useMemo(() => groupsOf(commands.filter((command) => fits(command, query))), [query]);
  return (
    <div className="panel">
      <div className="panel-bar">
        <input
          className="search"
          type="search"
          placeholder="Search commands and keys"
          aria-label="Search commands and keys"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div className="panel-scroll">
        {query === "" && <GettingStarted />}
        {query === "" && <Gestures />}
        {[...groups].map(([group, list]) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <dl className="keys">
              {list.map((command) => (
                <div key={command.id}>
                  <dt>{command.title}</dt>
                  <dd>
                    {command.keys.map((chord) => (
                      <kbd key={chord}>{keysText(chord)}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        {groups.size === 0 && <p className="muted">No command fits “{query}”.</p>}
      </div>
    </div>
  );
}

function fits({ title, group, keys }: Command, query: string): boolean {
  const text = [title, group, ...keys, ...keys.map(keysText)].join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function groupsOf(list: readonly Command[]): Map<string, Command[]> {
  const groups = new Map<string, Command[]>();
  for (const command of list) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  return groups;
}
