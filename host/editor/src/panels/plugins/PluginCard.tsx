/** One plugin: what it is, what it may do, its versions, and what can be done to it. */
import { CircleCheck, CircleSlash, OctagonX, ShieldCheck, Trash2 } from "lucide-react";
import { useState } from "react";

import type { NodeDefinition, PluginInfo } from "../../api/contract";
import { plugins } from "../../api/plugins";
import { titleOf } from "../../graph/catalog";
import { Button } from "../../ui/Button";
import { act } from "../act";
import { approve } from "./actions";
import { needsApproval } from "./store";
import { Versions } from "./Versions";

const ICONS = { ready: CircleCheck, disabled: CircleSlash, refused: OctagonX };

interface PluginCardProps {
  plugin: PluginInfo;
  /** Those of its nodes that are to be shown. */
  nodes: readonly NodeDefinition[];
  open: boolean;
}

export function PluginCard({ plugin, nodes, open }: PluginCardProps) {
  const { id, title, version, status, native, reason, crashes } = plugin;
  const Icon = ICONS[status];
  return (
    <details className={`plugin ${status === "ready" ? "loaded" : status}`} open={open || status === "refused"}>
      <summary>
        <Icon size={14} aria-hidden />
        <strong>{title || id}</strong>
        <span className="muted">
          {version} · {native ? "native" : "sandboxed"}
          {status !== "ready" && ` · ${status}`}
        </span>
      </summary>
      {plugin.description && <p>{plugin.description}</p>}
      {status === "disabled" ? (
        <p className="muted">{reason ? `Disabled: ${reason}` : "Disabled by you."}</p>
      ) : (
        reason && <p className="run-error">{reason}</p>
      )}
      {crashes !== undefined && (
        <div className="run-error">
          It crashed {crashes} times in a row:
          {plugin.crash_reasons?.map((why, index) => (
            <p key={index}>{why}</p>
          ))}
        </div>
      )}
      <Facts plugin={plugin} />
      {plugin.notices.map((notice) => (
        <p key={notice} className="muted">
          {notice}
        </p>
      ))}
      <Versions plugin={plugin} />
      <Actions plugin={plugin} />
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

function Facts({ plugin: { id, publisher, key, origin, permissions, granted } }: { plugin: PluginInfo }) {
  const facts: [string, string][] = [
    ["Id", id],
    ["Publisher", publisher],
    ["Key", key ?? (origin === "installed" ? "not signed" : "")],
    ["Permissions", permissions.map((name) => (granted.includes(name) ? name : `${name} (not granted)`)).join(", ")],
  ];
  return (
    <dl className="plugin-facts">
      {facts
        .filter(([, value]) => value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function Actions({ plugin }: { plugin: PluginInfo }) {
  const { id, status, origin } = plugin;
  const [removing, setRemoving] = useState(false);
  return (
    <div className="plugin-actions">
      {needsApproval(plugin) && (
        <Button size="small" tone="primary" icon={ShieldCheck} onClick={() => void approve(id)}>
          Trust…
        </Button>
      )}
      {status === "disabled" ? (
        <Button size="small" icon={CircleCheck} onClick={() => void act(() => plugins.enable(id))}>
          Enable
        </Button>
      ) : (
        <Button size="small" icon={CircleSlash} onClick={() => void act(() => plugins.disable(id))}>
          Disable
        </Button>
      )}
      {origin === "installed" && !removing && (
        <Button size="small" icon={Trash2} onClick={() => setRemoving(true)}>
          Remove…
        </Button>
      )}
      {removing && (
        <>
          <Button size="small" tone="danger" icon={Trash2} onClick={() => void act(() => plugins.remove(id))}>
            Remove with all it kept
          </Button>
          <Button size="small" onClick={() => setRemoving(false)}>
            Keep
          </Button>
        </>
      )}
    </div>
  );
}
