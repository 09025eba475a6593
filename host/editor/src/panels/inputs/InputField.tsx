/** One input of a node with everything that can be done to it: its value or its wires, its default, its description. */
import { RotateCcw } from "lucide-react";
import { useId } from "react";

import type { NodeRun, Port, Problem } from "../../api/contract";
import { edit, useActive } from "../../canvas/active";
import { PortShape } from "../../canvas/PortShape";
import { nodeOf } from "../../graph/body";
import { portTitle } from "../../graph/catalog";
import type { Json } from "../../graph/document";
import { isWired, itemsOf } from "../../graph/links";
import { entry } from "../../graph/record";
import { clearInput, setInput } from "../../graph/values";
import { IconButton } from "../../ui/Button";
import { controlFor } from "../../widgets/choose";
import { InputWidget } from "../../widgets/InputWidget";
import { factsOf } from "./facts";
import { OfferButton } from "./OfferButton";
import { WireSelect } from "./WireSelect";

interface InputFieldProps {
  node: string;
  port: Port;
  /** Shows description and range below. */
  explained?: boolean;
  problem?: Problem | undefined;
  run?: NodeRun | undefined;
}

export function InputField({ node, port, explained = false, problem, run }: InputFieldProps) {
  const document = useActive();
  const id = useId();
  if (!document) return null;
  const given = entry(nodeOf(document.graph, document.scope, node)?.inputs, port.name);
  const wired = isWired(given);
  const editable = controlFor(port) !== undefined && !port.list;
  const label = `${portTitle(port)} of ${node}`;
  const failed = run?.state === "failed" && run.port === port.name ? run.error : undefined;
  const complaint = failed ?? (problem && `Expected ${problem.expected}, found ${problem.found}.`);
  return (
    <div
      className={`input-field ${complaint ? "invalid" : ""}`}
      data-input={port.name}
      role="group"
      aria-label={label}
      aria-describedby={`${id}-about`}
    >
      <div className="input-label">
        <PortShape kind={port.kind} hollow={port.optional ?? false} />
        <span title={port.tooltip}>{portTitle(port)}</span>
        <span className="muted kind">{port.list ? `list of ${port.kind}` : port.kind}</span>
        {given !== undefined && !wired && port.default !== undefined && (
          <IconButton
            icon={RotateCcw}
            iconSize={13}
            label={`Back to the default of ${label}`}
            onClick={() => edit(`Reset ${port.name}`, (graph, scope) => clearInput(graph, scope, node, port.name))}
          />
        )}
        {editable && !wired && <OfferButton document={document} node={node} input={port.name} />}
      </div>
      <div className="input-controls">
        {!wired && editable && (
          <InputWidget
            port={port}
            value={given as Json | undefined}
            set={(value) => edit(`Set ${port.name}`, (graph, scope) => setInput(graph, scope, node, port.name, value))}
            clear={() => edit(`Reset ${port.name}`, (graph, scope) => clearInput(graph, scope, node, port.name))}
            label={label}
            place={{ document: document.key, scope: document.scope, node }}
          />
        )}
        {!wired && !editable && given !== undefined && !port.list && (
          <code className="plain-value">{JSON.stringify(given)}</code>
        )}
        {port.list ? (
          <ListWires node={node} port={port} count={given === undefined ? 0 : itemsOf(given).length} label={label} />
        ) : (
          <WireSelect
            to={{ node, input: port.name }}
            kind={port.kind}
            label={`Wire into ${label}`}
            none={wired ? "No wire" : editable ? "Wire…" : port.optional ? "Not wired" : "Not wired, needed"}
          />
        )}
      </div>
      <div id={`${id}-about`} className={explained || complaint ? "input-about" : "visually-hidden"}>
        {complaint && <p className="run-error">{complaint}</p>}
        {complaint && problem?.hint && <p className="problem-hint">{problem.hint}</p>}
        {port.tooltip && <p>{port.tooltip}</p>}
        {factsOf(port) !== "" && <p className="muted">{factsOf(port)}</p>}
      </div>
    </div>
  );
}

function ListWires({ node, port, count, label }: { node: string; port: Port; count: number; label: string }) {
  return (
    <div className="list-wires">
      {Array.from({ length: count + 1 }, (_, index) => (
        <WireSelect
          key={index}
          to={{ node, input: port.name, index }}
          kind={port.kind}
          label={index < count ? `Wire ${index + 1} into ${label}` : `Another wire into ${label}`}
          none={index < count ? "Take this wire away" : "Add a wire…"}
        />
      ))}
    </div>
  );
}
