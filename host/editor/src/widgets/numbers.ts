/**
 * Numbers of inputs: read, limited, stepped and written exactly. Integers reach 64 bits; beyond ±2⁵³ a document holds
 * them as strings of digits.
 */
import type { Port } from "../api/contract";
import type { Json } from "../graph/document";

export type Parsed = { ok: true; value: Json } | { ok: false; reason: string };

type NumberPort = Pick<Port, "kind" | "range" | "soft_range" | "step">;

const SMALLEST_INT = -(2n ** 63n);
const LARGEST_INT = 2n ** 64n - 1n;
const DECIMALS = 6;

/** Reads what somebody typed. Decimal comma and spaces between digits are understood; out of range is refused. */
export function parseNumber(text: string, port: NumberPort): Parsed {
  const plain = text
    .trim()
    .replaceAll(/[\s_’']/g, "")
    .replace(",", ".");
  if (plain === "") return { ok: false, reason: "Expected a number." };
  return port.kind === "int" ? parseInteger(plain, port) : parseFloatingPoint(plain, port);
}

function parseInteger(text: string, port: NumberPort): Parsed {
  if (!/^[+-]?\d+$/.test(text)) return { ok: false, reason: `Expected a whole number, found “${text}”.` };
  const value = BigInt(text.replace("+", ""));
  const { min, max } = integerRange(port);
  if (value < min || value > max) return { ok: false, reason: `Expected ${min} to ${max}.` };
  return { ok: true, value: integerJson(value) };
}

function parseFloatingPoint(text: string, port: NumberPort): Parsed {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(value)) return { ok: false, reason: `Expected a number, found “${text}”.` };
  const { min, max } = floatRange(port);
  if (value < min || value > max) return { ok: false, reason: `Expected ${rangeText(port)}.` };
  return { ok: true, value };
}

/** `1 to 100`, `at least 0`; empty when everything is allowed. */
export function rangeText({ range }: NumberPort): string {
  const { min, max } = range ?? {};
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? "" : `at most ${max}`;
}

/** The value as a document holds it. */
export function integerJson(value: bigint): Json {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value.toString();
}

/** The integer a document holds; undefined when it holds something else. */
export function integerOf(value: Json | undefined): bigint | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
}

/** The number as text, without needless digits. */
export function numberText(value: Json | undefined, port: NumberPort): string {
  if (value === undefined || value === null) return "";
  if (port.kind === "int") return integerOf(value)?.toString() ?? String(value);
  const number = Number(value);
  return Number.isFinite(number) ? String(Number(number.toFixed(decimals(port)))) : String(value);
}

/** As many decimals as the step has, and never fewer than a typed value needs. */
function decimals({ step }: NumberPort): number {
  const ofStep = step === undefined ? 0 : (String(step).split(".")[1]?.length ?? 0);
  return Math.max(DECIMALS, ofStep);
}

/** The value some steps further, inside the hard range. `fine` takes a tenth of a step where the kind allows it. */
export function nudge(value: Json | undefined, port: NumberPort, steps: number, fine = false): Json {
  if (port.kind === "int") {
    const { min, max } = integerRange(port);
    const step = BigInt(Math.max(1, Math.round(port.step ?? 1)));
    const next = (integerOf(value) ?? 0n) + step * BigInt(Math.round(steps));
    return integerJson(next < min ? min : next > max ? max : next);
  }
  const step = (port.step ?? defaultStep(port)) * (fine ? 0.1 : 1);
  return limit(snap(Number(value ?? 0) + steps * step, step), port);
}

/** How far along the slider the value is, from 0 to 1. */
export function fractionOf(value: Json | undefined, port: NumberPort): number {
  const { min, max } = sliderRange(port);
  const number = Number(value ?? min);
  return max > min && Number.isFinite(number) ? Math.min(1, Math.max(0, (number - min) / (max - min))) : 0;
}

/** The value after the pointer moved by a fraction of the slider, on the step's grid and inside the slider's range. */
export function slideBy(value: Json | undefined, port: NumberPort, fraction: number, fine = false): Json {
  const { min, max } = sliderRange(port);
  const start = Number(value ?? min);
  const moved = start + fraction * (max - min);
  // A value typed beyond the soft range must not jump when it is dragged.
  const limited = Math.min(Math.max(max, start), Math.max(Math.min(min, start), moved));
  if (port.kind === "int") {
    const step = Math.max(1, Math.round(port.step ?? 1));
    return limit(Math.round(limited / step) * step, port);
  }
  return limit(snap(limited, (port.step ?? defaultStep(port)) * (fine ? 0.1 : 1)), port);
}

/** What the slider spans: the soft range, else the hard one. */
export function sliderRange(port: NumberPort): { min: number; max: number } {
  const min = port.soft_range?.min ?? Number(port.range?.min ?? 0);
  const max = port.soft_range?.max ?? Number(port.range?.max ?? Math.max(1, min + 1));
  return { min, max };
}

function integerRange({ range }: NumberPort): { min: bigint; max: bigint } {
  return { min: integerOf(range?.min) ?? SMALLEST_INT, max: integerOf(range?.max) ?? LARGEST_INT };
}

function floatRange({ range }: NumberPort): { min: number; max: number } {
  return { min: Number(range?.min ?? -Infinity), max: Number(range?.max ?? Infinity) };
}

function limit(value: number, port: NumberPort): number {
  const { min, max } = floatRange(port);
  return Math.min(max, Math.max(min, value));
}

function defaultStep(port: NumberPort): number {
  const { min, max } = sliderRange(port);
  return max - min <= 2 ? 0.01 : 0.1;
}

function snap(value: number, step: number): number {
  return Number((Math.round(value / step) * step).toFixed(10));
}
