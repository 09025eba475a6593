/** The plugins of the server: what they give, and why some were refused. */
import { CircleCheck, OctagonX, Puzzle } from "lucide-react";
import { useState } from "react";

import type { NodeDefinition, Plugin } from "../api/contract";
import { useNodesInfo } from "../documents/catalog";
import { titleOf } from "../graph/catalog";
import { Empty } from "./Empty";
import "./panels.css";

export function PluginsPanel() {
  const info = useNodesInfo();
  const [query, setQuery] = useState("");
  const definitions = new Map(info?.nodes.map((definition) => [definition.id, definition]));
  const plugins = [...(info?.plugins ?? [])].sort(
    (a, b) => Number(a.state === "loaded") - Number(b.state === "loaded"),
  );
  return (
    <div className="panel">
      <div className="panel-bar">
        <input
          className="search"
          type="search"
          placeholder="Search nodes"
          aria-label="Search nodes of plugins"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div className="panel-scroll">
        {plugins.length === 0 && (
          <Empty icon={Puzzle} title="No plugins">
            {info ? "The server found none. Without plugins there are no nodes." : "Waiting for the server."}
          </Empty>
        )}
        {plugins.map((plugin) => (
          <PluginEntry key={plugin.id} plugin={plugin} definitions={definitions} query={query} />
        ))}
      </div>
    </div>
  );
}

interface PluginEntryProps {
  plugin: Plugin;
  definitions: ReadonlyMap<string, NodeDefinition>;
  query: string;
}

function PluginEntry({ plugin, definitions, query }: PluginEntryProps) {
  const nodes = plugin.nodes.flatMap((id) => definitions.get(id) ?? []).filter((definition) => fits(definition, query));
  const unavailable = nodes.filter((definition) => definition.unavailable !== undefined).length;
  const loaded = plugin.state === "loaded";
  if (query !== "" && nodes.length === 0) return null;
  return (
    <details className={`plugin ${plugin.state}`} open={query !== "" || !loaded}>
      <summary>
        {loaded ? <CircleCheck size={14} aria-hidden /> : <OctagonX size={14} aria-hidden />}
        <strong>{plugin.id}</strong>
        <span className="muted">
          {plugin.version}
          {plugin.kind === "component" && " · sandboxed"}
          {plugin.kind === "native" && " · native"}
          {loaded ? ` · ${count(plugin.nodes.length, "node")}` : " · refused"}
          {unavailable > 0 && ` · ${unavailable} unavailable`}
        </span>
      </summary>
      {plugin.reason && <p className="run-error">{plugin.reason}</p>}
      {plugin.notices.map((notice) => (
        <p key={notice} className="muted">
          {notice}
        </p>
      ))}
      <ul className="plain-list plugin-nodes">
        {nodes.map((definition) => (
          <li key={definition.id}>
            <strong>{titleOf(definition)}</strong> <span className="muted">{definition.category}</span>
            {definition.description && <p>{definition.description}</p>}
            {definition.unavailable && <p className="run-error">Cannot run here: {definition.unavailable}</p>}
          </li>
        ))}
      </ul>
    </details>
  );
}

function fits({ id, title, category, description }: NodeDefinition, query: string): boolean {
  const text = [id, title, category, description].join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
