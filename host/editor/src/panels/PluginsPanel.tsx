/** The plugins of the server: what they give, what they may do, and what can be done to them. */
import { Puzzle } from "lucide-react";
import { useState } from "react";

import type { NodeDefinition } from "../api/contract";
import { useNodesInfo } from "../documents/catalog";
import { Empty } from "./Empty";
import { InstallButton, PackageDrop } from "./plugins/InstallBar";
import { MissingPlugins } from "./plugins/MissingPlugins";
import { PluginCard } from "./plugins/PluginCard";
import { usePlugins } from "./plugins/store";
import "./panels.css";

const ORDER = { refused: 0, disabled: 1, ready: 2 };

export function PluginsPanel() {
  const info = useNodesInfo();
  const list = usePlugins();
  const [query, setQuery] = useState("");
  const definitions = new Map(info?.nodes.map((definition) => [definition.id, definition]));
  const plugins = [...(list?.plugins ?? [])].sort((a, b) => ORDER[a.status] - ORDER[b.status]);
  return (
    <PackageDrop>
      <div className="panel-bar">
        <input
          className="search"
          type="search"
          placeholder="Search nodes"
          aria-label="Search nodes of plugins"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <InstallButton />
      </div>
      <div className="panel-scroll">
        <MissingPlugins />
        {plugins.length === 0 && (
          <Empty icon={Puzzle} title="No plugins">
            {list ? "The server found none. Without plugins there are no nodes." : "Waiting for the server."}
          </Empty>
        )}
        {plugins.map((plugin) => {
          const nodes = plugin.nodes.flatMap((id) => definitions.get(id) ?? []);
          const fitting = nodes.filter((definition) => fits(definition, query));
          if (query !== "" && fitting.length === 0) return null;
          return <PluginCard key={plugin.id} plugin={plugin} nodes={fitting} open={query !== ""} />;
        })}
      </div>
    </PackageDrop>
  );
}

function fits({ id, title, category, description }: NodeDefinition, query: string): boolean {
  const text = [id, title, category, description].join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
