/** Everything about one node, as the node panel and the list show it. */
import { catalog, useActive } from "../../canvas/active";
import { Markdown } from "../../canvas/Markdown";
import { StateBadge } from "../../canvas/StateBadge";
import { useCatalog } from "../../documents/catalog";
import type { GraphNode } from "../../graph/document";
import { portsOf } from "../../graph/ports";
import { useRuns } from "../../runs/store";
import { useTimeLeft } from "../../runs/useTimeLeft";
import { duration } from "../../ui/format";
import { InputField } from "../inputs/InputField";
import { placeOfPath } from "../places";
import { NodeNoteField } from "./NodeNoteField";
import { NodeNameField } from "./NodeNameField";
import { NodeStateSelect } from "./NodeStateSelect";
import { OutputRow } from "./OutputRow";

export function NodeDetails({ name, node }: { name: string; node: GraphNode }) {
  const document = useActive();
  const run = useRuns((runs) => runs.nodeRun(name));
  const left = useTimeLeft(name);
  useCatalog();
  if (!document) return null;
  const ports = portsOf(document.graph, node, catalog());
  const definition = catalog().definition(node.type);
  const problems = document.problems.filter((problem) => {
    const place = placeOfPath(problem.path);
    return place?.scope === document.scope && place.node === name;
  });
  const fields = (advanced: boolean) =>
    ports.inputs
      .filter((port) => (port.advanced ?? false) === advanced)
      .map((port) => (
        <InputField
          key={port.name}
          node={name}
          port={port}
          explained
          run={run}
          problem={problems.find((problem) => placeOfPath(problem.path)?.input === port.name)}
        />
      ));
  const advanced = fields(true);
  const general = problems.filter((problem) => placeOfPath(problem.path)?.input === undefined);

  return (
    <div className="panel">
      <div className="panel-scroll node-details">
        <section aria-label="Node">
          <NodeNameField name={name} />
          <p className="node-type">
            <strong>{ports.title}</strong> <span className="muted">{node.type}</span>
            {definition && <span className="muted"> · version {definition.version}</span>}
          </p>
          {definition?.description && <Markdown text={definition.description} />}
          {!ports.known && (
            <p className="run-error">No plugin here has this node. Its values and wires are kept as they are.</p>
          )}
          {ports.unavailable && <p className="run-error">Cannot run here: {ports.unavailable}</p>}
          {general.map((problem) => (
            <p key={problem.code} className="run-error">
              Expected {problem.expected}, found {problem.found}. {problem.hint}
            </p>
          ))}
          <NodeStateSelect name={name} node={node} canBypass={(definition?.bypass?.length ?? 0) > 0 || !ports.known} />
        </section>
        {run && (
          <section aria-label="Run">
            <h3>Run</h3>
            <p className="node-run">
              <StateBadge run={run} />
              <span className="muted">
                {run.started_ms !== undefined && `started after ${duration(run.started_ms)}`}
                {run.ms !== undefined && run.state !== "cached" && ` · took ${Math.round(run.ms)} ms`}
                {run.state === "running" && left !== undefined && ` · ${duration(left)} left`}
                {run.message && ` · ${run.message}`}
              </span>
            </p>
            {run.error && <p className="run-error">{run.error}</p>}
          </section>
        )}
        {ports.inputs.length > 0 && (
          <section aria-label="Inputs">
            <h3>Inputs</h3>
            {fields(false)}
            {advanced.length > 0 && (
              <details>
                <summary>Advanced ({advanced.length})</summary>
                {advanced}
              </details>
            )}
          </section>
        )}
        {ports.outputs.length > 0 && (
          <section aria-label="Outputs">
            <h3>Outputs</h3>
            {ports.outputs.map((port) => (
              <OutputRow key={port.name} node={name} port={port} />
            ))}
          </section>
        )}
        <NodeNoteField name={name} node={node} />
        {definition && (
          <section aria-label="Behavior">
            <h3>Behavior</h3>
            <p className="muted">
              {definition.deterministic
                ? "Equal inputs give equal results, so results are taken from the cache."
                : "Equal inputs may give other results, so it always runs."}
              {definition.concurrency === "exclusive" && " Runs while no other node runs."}
              {definition.concurrency === "one-per-node" && " One of its kind runs at a time."}
            </p>
          </section>
        )}
      </div>
    </div>
  );
}
