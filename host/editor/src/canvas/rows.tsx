/** The rows of a node: sockets beside each other, inputs with their controls, the fold of advanced inputs. */
import { Brush, ChevronDown, ChevronRight, CornerDownRight, Eye, Plus, RotateCcw } from "lucide-react";
import type { CSSProperties } from "react";
import { memo } from "react";
import type { Port } from "../api/contract";
import { portTitle } from "../graph/catalog";
import type { Json } from "../graph/document";
import { controlFor } from "../widgets/choose";
import { InputWidget } from "../widgets/InputWidget";
import { useActivePart } from "./active";
import { addListItem, resetInput, setSlot, toggleAdvanced } from "./actions/inputs";
import { isPaintedMask, paintForInput } from "./actions/masks";
import type { Row, Slot } from "./geometry";
import type { Fault, NodeView } from "./nodeView";
import { PortHandle } from "./PortHandle";
import { setCanvas } from "./store";

interface RowProps {
  view: NodeView;
  style: CSSProperties;
}

export const SocketRow = memo(function SocketRow({
  view,
  row,
  style,
}: RowProps & { row: Extract<Row, { kind: "sockets" }> }) {
  const { input, output } = row;
  return (
    <div className="node-row socket-row" style={style}>
      {input && <InputSocket view={view} slot={input} />}
      {output && <OutputSocket view={view} port={output} />}
    </div>
  );
});

function InputSocket({ view, slot }: { view: NodeView; slot: Slot }) {
  const { port, from } = slot;
  const fault = faultOf(view, slot);
  const appends = port.list && slot.index === undefined && !from && controlFor(port) !== undefined;
  return (
    <div className={`socket in ${from ? "wired" : ""} ${faultClass(fault)}`} title={tooltip(port, fault)}>
      <SlotHandle view={view} slot={slot} />
      <span className="socket-name">
        {port.list && slot.index === undefined && !from ? `+ ${slotTitle(slot)}` : slotTitle(slot)}
      </span>
      {appends && (
        <button
          type="button"
          className="row-button nodrag"
          aria-label={`Add a value to ${portTitle(port)}`}
          title="Add a value"
          onClick={() => addListItem(view, port)}
        >
          <Plus size={12} aria-hidden />
        </button>
      )}
      {port.kind === "mask" && (!from || isPaintedMask(from.node)) && (
        <button
          type="button"
          className="row-button nodrag"
          aria-label={`Paint a mask for ${portTitle(port)} of ${view.name}`}
          title={from ? "Change the painted mask" : "Paint a mask"}
          onClick={() => void paintForInput({ node: view.name, input: slot.port.name })}
        >
          <Brush size={12} aria-hidden />
        </button>
      )}
    </div>
  );
}

function OutputSocket({ view, port }: { view: NodeView; port: Port }) {
  const address = `${view.name}.${port.name}`;
  return (
    <div className="socket out" title={tooltip(port, undefined)}>
      <button
        type="button"
        className="row-button peek nodrag"
        aria-label={`Look at the value of ${portTitle(port)}`}
        title="Look at the value"
        tabIndex={-1}
        onClick={(event) => setCanvas({ peek: { address, anchor: event.currentTarget.getBoundingClientRect() } })}
      >
        <Eye size={12} aria-hidden />
      </button>
      <span className="socket-name">{portTitle(port)}</span>
      <div className="port-place source">
        <PortHandle node={view.name} port={port} handle={port.name} type="source" wired />
      </div>
    </div>
  );
}

/** An input with its control, or where its wire comes from. */
export const FieldRow = memo(function FieldRow({ view, slot, style }: RowProps & { slot: Slot }) {
  const fault = faultOf(view, slot);
  return (
    <div
      className={`node-row field-row ${faultClass(fault)}`}
      style={style}
      title={tooltip(slot.port, fault)}
      data-input={slot.handle}
    >
      <SlotHandle view={view} slot={slot} />
      {slot.from ? <WiredValue slot={slot} /> : <SlotControl view={view} slot={slot} caption={slotTitle(slot)} />}
    </div>
  );
});

export const TextRow = memo(function TextRow({ view, slot, style }: RowProps & { slot: Slot }) {
  const fault = faultOf(view, slot);
  return (
    <div
      className={`node-row text-row ${faultClass(fault)}`}
      style={style}
      title={tooltip(slot.port, fault)}
      data-input={slot.handle}
    >
      <SlotHandle view={view} slot={slot} top={11} />
      <SlotControl view={view} slot={slot} caption={slotTitle(slot)} />
    </div>
  );
});

/** A value that can be read and not set: of an unknown type, or where only a wire is expected. */
export const LiteralRow = memo(function LiteralRow({ view, slot, style }: RowProps & { slot: Slot }) {
  const fault = faultOf(view, slot);
  const text = typeof slot.literal === "string" ? slot.literal : JSON.stringify(slot.literal);
  return (
    <div className={`node-row field-row ${faultClass(fault)}`} style={style} title={fault ? fault.text : text}>
      <SlotHandle view={view} slot={slot} />
      <div className="literal">
        <span className="control-caption">{slotTitle(slot)}</span>
        <span className="literal-value">{text}</span>
      </div>
    </div>
  );
});

export function AdvancedRow({ view, row, style }: RowProps & { row: Extract<Row, { kind: "advanced" }> }) {
  const Icon = row.open ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      className="node-row advanced-row nodrag"
      style={style}
      aria-expanded={row.open}
      onClick={() => toggleAdvanced(view.name)}
    >
      <Icon size={12} aria-hidden />
      Advanced
      <span className="advanced-count">{row.changed > 0 ? `${row.changed} of ${row.ports} set` : row.ports}</span>
    </button>
  );
}

function SlotHandle({ view, slot, top }: { view: NodeView; slot: Slot; top?: number }) {
  return (
    <div className="port-place target" style={top === undefined ? undefined : { top }}>
      <PortHandle
        node={view.name}
        port={slot.port}
        handle={slot.handle}
        type="target"
        wired={slot.from !== undefined}
      />
    </div>
  );
}

function WiredValue({ slot }: { slot: Slot }) {
  return (
    <div className="wired-value">
      <span className="control-caption">{slotTitle(slot)}</span>
      <span className="wired-from">
        <CornerDownRight size={11} aria-hidden />
        {slot.from?.node} · {slot.from?.output}
      </span>
    </div>
  );
}

function SlotControl({ view, slot, caption }: { view: NodeView; slot: Slot; caption: string }) {
  const document = useActivePart((it) => it.key);
  const scope = useActivePart((it) => it.scope) ?? null;
  const { port } = slot;
  const isSet = slot.literal !== undefined;
  return (
    <>
      <InputWidget
        port={port}
        value={slot.literal as Json | undefined}
        set={(value) => setSlot(view.name, slot, value)}
        clear={() => resetInput(view.name, slot)}
        label={`${portTitle(port)} of ${view.name}`}
        caption={caption}
        {...(document === undefined || port.list ? {} : { place: { document, scope, node: view.name } })}
      />
      {isSet && (slot.index !== undefined || port.optional || differs(slot)) && (
        <button
          type="button"
          className="row-button reset nodrag"
          tabIndex={-1}
          aria-label={resetLabel(slot)}
          title={resetLabel(slot)}
          onClick={() => resetInput(view.name, slot)}
        >
          <RotateCcw size={11} aria-hidden />
        </button>
      )}
    </>
  );
}

function differs({ port, literal }: Slot): boolean {
  return port.default !== undefined && JSON.stringify(port.default) !== JSON.stringify(literal);
}

function resetLabel({ port, index }: Slot): string {
  if (index !== undefined) return "Remove this value";
  return port.default === undefined ? "Unset" : `Back to ${JSON.stringify(port.default)}`;
}

function slotTitle({ port, index }: Slot): string {
  return index === undefined ? portTitle(port) : `${portTitle(port)} ${index + 1}`;
}

function faultOf(view: NodeView, slot: Slot): Fault | undefined {
  return view.faults.find((fault) => fault.input === slot.port.name);
}

function faultClass(fault: Fault | undefined): string {
  if (!fault) return "";
  return fault.missing ? "missing" : "faulty";
}

function tooltip(port: Port, fault: Fault | undefined): string {
  const { min, max } = port.range ?? {};
  const range = min !== undefined && max !== undefined ? `${min} to ${max}${port.unit ? ` ${port.unit}` : ""}` : "";
  const parts = [fault && `${fault.text}${fault.hint ? ` — ${fault.hint}` : ""}`, port.tooltip, range];
  return parts.filter(Boolean).join("\n") || portTitle(port);
}
