/** The installed versions of a plugin: which one is used, back to an older one, away with one. */
import { Trash2 } from "lucide-react";

import type { PluginInfo } from "../../api/contract";
import { plugins } from "../../api/plugins";
import { Button, IconButton } from "../../ui/Button";
import { act } from "../act";

export function Versions({ plugin: { id, versions } }: { plugin: PluginInfo }) {
  if (versions.length < 2) return null;
  return (
    <ul className="plain-list plugin-versions" aria-label={`Versions of ${id}`}>
      {versions.map(({ version, active, installed }) => (
        <li key={version}>
          <strong>{version}</strong>
          <span className="muted">{new Date(installed).toLocaleDateString(undefined, { dateStyle: "medium" })}</span>
          {active ? (
            <span className="muted">in use</span>
          ) : (
            <>
              <Button size="small" onClick={() => void act(() => plugins.activate(id, version))}>
                Use
              </Button>
              <IconButton
                icon={Trash2}
                label={`Remove ${version}`}
                onClick={() => void act(() => plugins.remove(id, version))}
              />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
