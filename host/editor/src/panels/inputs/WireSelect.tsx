/** The wire into an input as a select box: choose another output, or none. */
import { useState } from "react";

import { attempt, catalog, edit, useActive } from "../../canvas/active";
import { itemsOf, isLink, type InputAddress } from "../../graph/links";
import { nodeOf } from "../../graph/body";
import { entry } from "../../graph/record";
import { tryConnect } from "../../graph/wiring";
import { disconnect } from "../../graph/wiring";
import { wireId } from "../../graph/wires";
import { sourcesFor } from "./sources";

interface WireSelectProps {
  /** With an index, one item of a list input; an index behind the last adds an item. */
  to: InputAddress;
  kind: string;
  /** Accessible name. */
  label: string;
  /** What the empty choice says. */
  none: string;
}

export function WireSelect({ to, kind, label, none }: WireSelectProps) {
  const document = useActive();
  // Which outputs fit is costly to find in a large graph, so it is found when somebody is about to choose.
  const [looking, setLooking] = useState(false);
  if (!document) return null;
  const { graph, scope } = document;
  const given = entry(nodeOf(graph, scope, to.node)?.inputs, to.input);
  const item = given === undefined ? undefined : itemsOf(given)[to.index ?? 0];
  const current = isLink(item) ? item.from : "";
  const sources = looking ? sourcesFor(graph, scope, to, kind, catalog()) : [];
  const options = new Set([
    ...(current === "" ? [] : [current]),
    ...sources.map(({ node, output }) => `${node}.${output}`),
  ]);

  const choose = (address: string) => {
    const dot = address.indexOf(".");
    if (address === "") {
      edit(`Disconnect ${to.input}`, (before, inScope) => disconnect(before, inScope, [wireId(to)]));
    } else {
      const from = { node: address.slice(0, dot), output: address.slice(dot + 1) };
      attempt(`Connect ${to.input}`, (before, inScope) => tryConnect(before, inScope, from, to, catalog()));
    }
  };

  return (
    <select
      className="select wire-select"
      aria-label={label}
      value={current}
      onPointerDown={() => setLooking(true)}
      onFocus={() => setLooking(true)}
      onBlur={() => setLooking(false)}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="">{none}</option>
      {[...options].map((address) => (
        <option key={address} value={address}>
          {address.replace(".", " › ")}
        </option>
      ))}
    </select>
  );
}
