/** A node on the canvas: header with state, ports, controls at their inputs, picture, message. */
import type { NodeProps } from "@xyflow/react";
import { memo } from "react";
import { useRuns } from "../runs/store";
import type { CardNode } from "./flow";
import { HEADER } from "./geometry";
import { NodeHeader } from "./NodeHeader";
import { NodeMessage } from "./NodeMessage";
import { NodeNote } from "./NodeNote";
import { NodePicture } from "./NodePicture";
import { NodeResizer } from "./NodeResizer";
import type { NodeView } from "./nodeView";
import { PortHandle } from "./PortHandle";
import { AdvancedRow, FieldRow, LiteralRow, SocketRow, TextRow } from "./rows";
import { stateText } from "./StateBadge";
import { useCanvas } from "./store";

export const NodeCard = memo(
  function NodeCard({ data, selected }: NodeProps<CardNode>) {
    const far = useCanvas((canvas) => canvas.far);
    // Far away the canvas is painted; this only takes the pointer and the focus.
    if (far) return <div style={{ width: data.view.layout.width, height: data.view.layout.height }} />;
    return <NearCard view={data.view} selected={selected} />;
  },
  // React Flow passes the position with every frame of a drag; the card does not show it.
  (before, after) => before.data === after.data && before.selected === after.selected,
);

function NearCard({ view, selected }: { view: NodeView; selected: boolean }) {
  const run = useRuns((runs) => runs.nodeRun(view.name));
  const { layout, name } = view;
  return (
    <div
      className={`node ${classesOf(view, selected)} ${run?.state ?? ""}`}
      style={{ width: layout.width, height: layout.height }}
      data-node={name}
    >
      <NodeHeader view={view} run={run} />
      {layout.rows.map((row) => {
        const style = { top: row.y, height: row.height };
        switch (row.kind) {
          case "sockets":
            return <SocketRow key={`s${row.y}`} view={view} row={row} style={style} />;
          case "field":
            return <FieldRow key={row.slot.handle} view={view} slot={row.slot} style={style} />;
          case "text":
            return <TextRow key={row.slot.handle} view={view} slot={row.slot} style={style} />;
          case "literal":
            return <LiteralRow key={row.slot.handle} view={view} slot={row.slot} style={style} />;
          case "advanced":
            return <AdvancedRow key="advanced" view={view} row={row} style={style} />;
          case "picture":
            return <NodePicture key="picture" view={view} style={style} />;
          case "message":
            return <NodeMessage key="message" view={view} style={style} />;
        }
      })}
      {layout.folded && <FoldedHandles view={view} />}
      {view.node.note !== undefined && <NodeNote name={name} note={view.node.note} />}
      {selected && !layout.folded && <NodeResizer view={view} />}
      <span className="visually-hidden">{describe(view, run ? stateText(run) : undefined)}</span>
    </div>
  );
}

/** All ports of a folded node, at the middle of its sides; those without a wire take one, but are not drawn. */
function FoldedHandles({ view }: { view: NodeView }) {
  const firstSource = view.layout.handles.findIndex(({ type }) => type === "source");
  return view.layout.handles.map(({ id, type, wired }, index) => {
    const ports = type === "source" ? view.outputs : view.inputs;
    const port = ports.find((candidate) => candidate.name === id || candidate.name === id.split(".")[0]);
    return (
      port && (
        <div
          key={`${type}${id}`}
          className={`port-place ${type} ${wired || index === firstSource ? "" : "quiet"}`}
          style={{ top: HEADER / 2 }}
        >
          <PortHandle node={view.name} port={port} handle={id} type={type} wired />
        </div>
      )
    );
  });
}

function classesOf(view: NodeView, selected: boolean): string {
  return [
    selected && "selected",
    view.node.state ?? "normal",
    !view.known && "unknown",
    view.unavailable !== undefined && "unavailable",
    view.layout.folded && "folded",
    view.faults.some((fault) => fault.severity === "error" && !fault.missing) && "faulty",
  ]
    .filter(Boolean)
    .join(" ");
}

/** A node in a sentence: “VAE Decode, node decode, state Done, 2 inputs, 1 output”. */
export function describe(view: NodeView, state: string | undefined): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  return [
    view.title,
    `node ${view.name}`,
    !view.known && "unknown type",
    view.node.state && view.node.state !== "normal" && view.node.state,
    state && `state ${state}`,
    count(view.inputs.length, "input"),
    count(view.outputs.length, "output"),
    view.faults.length > 0 && count(view.faults.length, "problem"),
  ]
    .filter(Boolean)
    .join(", ");
}
