/** Wiring by keyboard: choose an output of the node, then the input it leads to. */
import { useState } from "react";
import { nodeOf } from "../graph/body";
import { portsOf, portTitle } from "../graph/catalog";
import type { InputAddress, OutputAddress } from "../graph/links";
import { whyNot } from "../graph/wiring";
import { Dialog } from "../ui/Dialog";
import { activeDocument, catalog } from "./active";
import { focusNode } from "./actions/view";
import { wire } from "./actions/wires";
import { PortShape } from "./PortShape";
import { setCanvas, useCanvas } from "./store";

interface Target {
  to: InputAddress;
  title: string;
  kind: string;
  /** Why the wire cannot lead there. */
  refused: string | undefined;
  wired: boolean;
}

export function WireDialog() {
  const name = useCanvas((canvas) => canvas.wiringFrom);
  return name === undefined ? null : <Choose key={name} name={name} />;
}

function Choose({ name }: { name: string }) {
  const document = activeDocument();
  const node = document && nodeOf(document.graph, document.scope, name);
  const outputs = document && node ? portsOf(document.graph, node, catalog()).outputs : [];
  const [output, setOutput] = useState(outputs.length === 1 ? outputs[0]?.name : undefined);
  const close = () => {
    setCanvas({ wiringFrom: undefined });
    focusNode(name);
  };
  const chosen = outputs.find((port) => port.name === output);
  return (
    <Dialog
      title={chosen ? `Wire ${name} · ${portTitle(chosen)} to…` : `Wire an output of ${name}`}
      onClose={close}
      width={460}
    >
      {outputs.length === 0 && <p className="muted">This node has no outputs. Choose one that gives a value.</p>}
      {!chosen && (
        <ul className="wire-choices">
          {outputs.map((port, index) => (
            <li key={port.name}>
              <button type="button" autoFocus={index === 0} onClick={() => setOutput(port.name)}>
                <PortShape kind={port.kind} />
                {portTitle(port)} <span className="muted">{port.kind}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {chosen && <Targets from={{ node: name, output: chosen.name }} close={close} />}
    </Dialog>
  );
}

function Targets({ from, close }: { from: OutputAddress; close: () => void }) {
  const [query, setQuery] = useState("");
  const all = targetsOf(from);
  const fitting = all.filter((target) => target.refused === undefined);
  const found = fitting.filter((target) =>
    `${target.to.node} ${target.title}`.toLowerCase().includes(query.toLowerCase()),
  );
  const take = (target: Target) => {
    if (wire(from, target.to)) close();
  };
  return (
    <>
      <input
        className="picker-search wide"
        autoFocus
        placeholder="Search inputs"
        aria-label="Search inputs"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && found[0]) take(found[0]);
        }}
      />
      <ul className="wire-choices">
        {found.map((target) => (
          <li key={`${target.to.node}.${target.to.input}`}>
            <button type="button" onClick={() => take(target)}>
              <PortShape kind={target.kind} />
              {target.to.node} · {target.title}
              {target.wired && <span className="muted">replaces its wire</span>}
            </button>
          </li>
        ))}
      </ul>
      {fitting.length === 0 && <p className="muted">No input takes this kind of value.</p>}
    </>
  );
}

function targetsOf(from: OutputAddress): Target[] {
  const document = activeDocument();
  if (!document) return [];
  const { graph, scope } = document;
  const names = Object.keys((scope === null ? graph : graph.definitions?.[scope])?.nodes ?? {});
  const targets = names.flatMap((name) => {
    const node = nodeOf(graph, scope, name);
    if (!node || name === from.node) return [];
    return portsOf(graph, node, catalog()).inputs.map((port): Target => {
      const to = { node: name, input: port.name };
      const wired = node.inputs?.[port.name] !== undefined && !port.list;
      return { to, title: portTitle(port), kind: port.kind, wired, refused: whyNot(graph, scope, from, to, catalog()) };
    });
  });
  return targets.sort((a, b) => Number(a.wired) - Number(b.wired));
}
