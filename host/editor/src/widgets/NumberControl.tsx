/** A number as one field: drag or arrow keys change it, typing sets it exactly; with a range it shows as a slider. */
import { useEffect, useRef, useState } from "react";
import type { KeyboardEvent, PointerEvent } from "react";
import type { Json } from "../graph/document";
import { fractionOf, nudge, numberText, parseNumber, rangeText, slideBy, sliderRange } from "./numbers";
import type { ControlProps } from "./types";

/** Pixels of a drag for one step of a number without a slider. */
const STEP_PIXELS = 5;
/** A press that moves less is a click. */
const CLICK_PIXELS = 3;
const FINE = 0.1;
const PAGE = 10;

export function SliderControl(props: ControlProps) {
  return <NumberField {...props} slider />;
}

export function NumberControl(props: ControlProps) {
  return <NumberField {...props} slider={false} />;
}

function NumberField({ port, value, isSet, set, label, caption, slider }: ControlProps & { slider: boolean }) {
  const [dragged, setDragged] = useState<Json>();
  const [typing, setTyping] = useState<string>();
  const shown = dragged ?? value;
  const drag = useRef<{ x: number; from: Json | undefined; moved: boolean }>(undefined);

  const press = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, from: value, moved: false };
  };
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const state = drag.current;
    if (!state) return;
    const by = event.clientX - state.x;
    if (!state.moved && Math.abs(by) < CLICK_PIXELS) return;
    state.moved = true;
    const width = event.currentTarget.getBoundingClientRect().width;
    const fine = event.shiftKey ? FINE : 1;
    setDragged(
      slider
        ? slideBy(state.from, port, (by / width) * fine, event.shiftKey)
        : nudge(state.from, port, Math.trunc((by / STEP_PIXELS) * fine), event.shiftKey && port.kind === "float"),
    );
  };
  const release = () => {
    const state = drag.current;
    drag.current = undefined;
    setDragged(undefined);
    if (state?.moved) {
      if (dragged !== undefined) set(dragged);
    } else if (state && !slider) {
      setTyping(numberText(value, port));
    }
  };
  const key = (event: KeyboardEvent) => {
    const steps = stepsOf(event);
    if (steps !== undefined) set(nudge(value, port, steps, event.shiftKey));
    else if (event.key === "Enter" || event.key === "F2") setTyping(numberText(value, port));
    else if (/^[\d.,+-]$/.test(event.key) && !event.ctrlKey && !event.metaKey) setTyping(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  if (typing !== undefined) {
    return (
      <TypedNumber
        {...{ port, label, caption, typing }}
        done={(next) => {
          setTyping(undefined);
          if (next !== undefined) set(next);
        }}
      />
    );
  }
  const { min, max } = sliderRange(port);
  const text = numberText(shown, port);
  return (
    <div
      className={`control number-control nodrag ${slider ? "slider-control" : ""} ${isSet ? "" : "unset"}`}
      role={slider ? "slider" : "spinbutton"}
      tabIndex={0}
      aria-label={label}
      aria-valuenow={Number(shown ?? 0)}
      aria-valuetext={text === "" ? "not set" : `${text} ${port.unit ?? ""}`.trim()}
      {...(slider ? { "aria-valuemin": min, "aria-valuemax": max } : {})}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={release}
      onDoubleClick={() => setTyping(numberText(value, port))}
      onKeyDown={key}
    >
      {slider && <span className="slider-fill" style={{ width: `${fractionOf(shown, port) * 100}%` }} />}
      {caption !== undefined && <span className="control-caption">{caption}</span>}
      <span className="control-value">
        {text === "" ? <em>not set</em> : text}
        {port.unit && text !== "" && <span className="unit">{port.unit}</span>}
      </span>
    </div>
  );
}

function stepsOf({ key }: { key: string }): number | undefined {
  if (key === "ArrowRight" || key === "ArrowUp") return 1;
  if (key === "ArrowLeft" || key === "ArrowDown") return -1;
  if (key === "PageUp") return PAGE;
  return key === "PageDown" ? -PAGE : undefined;
}

interface TypedNumberProps extends Pick<ControlProps, "port" | "label" | "caption"> {
  /** The text it starts with. */
  typing: string;
  /** Called with the new value, or nothing when it was given up. */
  done: (value?: Json) => void;
}

function TypedNumber({ port, label, caption, typing, done }: TypedNumberProps) {
  const [text, setText] = useState(typing);
  const field = useRef<HTMLInputElement>(null);
  const parsed = parseNumber(text, port);
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    if (typing.length > 1) field.current?.select();
  }, [typing]);
  const finish = () => done(parsed.ok ? parsed.value : undefined);
  const range = rangeText(port);
  return (
    <div className={`control number-control typing nodrag ${parsed.ok ? "" : "invalid"}`}>
      {caption !== undefined && <span className="control-caption">{caption}</span>}
      <input
        ref={field}
        value={text}
        aria-label={label}
        aria-invalid={!parsed.ok}
        inputMode={port.kind === "int" ? "numeric" : "decimal"}
        title={parsed.ok ? range : parsed.reason}
        onChange={(event) => setText(event.target.value)}
        onBlur={finish}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter" && parsed.ok) finish();
          if (event.key === "Escape") done();
        }}
      />
      {!parsed.ok && (
        <span className="control-error" role="alert">
          {parsed.reason}
        </span>
      )}
    </div>
  );
}
