/** One output: its kind, and on demand the value it had in the current run. */
import { Eye } from "lucide-react";
import { useState } from "react";

import { api } from "../../api/client";
import type { Port, ValueInfo } from "../../api/contract";
import { PortShape } from "../../canvas/PortShape";
import { portTitle } from "../../graph/catalog";
import { useRuns } from "../../runs/store";
import { Button } from "../../ui/Button";
import { messageOf } from "../act";

export function OutputRow({ node, port }: { node: string; port: Port }) {
  const peek = useRuns((runs) => runs.peek);
  const runId = useRuns((runs) => runs.current?.id);
  const state = useRuns((runs) => runs.nodeRun(node)?.state);
  const [looked, setLooked] = useState<{ run: string | undefined; value?: ValueInfo; failure?: string }>();
  const shown = looked?.run === runId ? looked : undefined;

  const look = () => {
    peek(`${node}.${port.name}`).then(
      (value) => setLooked({ run: runId, value }),
      (error: unknown) => setLooked({ run: runId, failure: messageOf(error) }),
    );
  };

  return (
    <div className="output-row">
      <div className="input-label">
        <PortShape kind={port.kind} />
        <span title={port.tooltip}>{portTitle(port)}</span>
        <span className="muted kind">{port.kind}</span>
        {(state === "finished" || state === "cached") && (
          <Button size="small" icon={Eye} onClick={look} aria-label={`Look at ${portTitle(port)} of ${node}`}>
            Look
          </Button>
        )}
      </div>
      {port.tooltip && <p className="input-about">{port.tooltip}</p>}
      {shown?.failure && <p className="run-error">{shown.failure}</p>}
      {shown?.value && <Value value={shown.value} label={`${portTitle(port)} of ${node}`} />}
    </div>
  );
}

function Value({ value, label }: { value: ValueInfo; label: string }) {
  const picture = value.asset?.media_type.startsWith("image/") ? value.asset : undefined;
  const full = typeof value.value === "string" ? value.value : value.summary;
  return (
    <div className="value" role="status">
      {picture && <img src={api.assets.thumbnail(picture.hash, 512)} alt={label} />}
      <p className={value.kind === "text" ? "value-text" : "muted"}>{full}</p>
    </div>
  );
}
