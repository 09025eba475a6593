/**
 * What happens to a seed after a run was queued: it stays, becomes a random one, or goes up by one.
 *
 * The mode is the user's habit, not part of the graph: it is kept by the browser, per document. The value in the graph
 * is always the one the next run uses.
 */
import { create } from "zustand";
import { persist } from "zustand/middleware";

import { nodeOf } from "../graph/body";
import type { Graph, Input } from "../graph/document";
import { followInput } from "../graph/followInput";
import { entry } from "../graph/record";
import { setInput } from "../graph/values";

/** What happens to a seed after a run was queued. */
export type SeedMode = "fixed" | "random" | "increment";

/** Highest seed: 64 bits. */
const HIGHEST = 2n ** 64n - 1n;
/** Documents whose modes are remembered. */
const MOST_DOCUMENTS = 100;

type Modes = Readonly<Record<string, SeedMode>>;

const useSeeds = create<{ documents: Readonly<Record<string, Modes>> }>()(
  persist(() => ({ documents: {} as Readonly<Record<string, Modes>> }), { name: "wirebrush-seeds" }),
);

/** Mode of a seed input; `scope` is the definition the node lies in, `null` for the graph itself. */
export function seedMode(documentKey: string, node: string, input: string, scope: string | null = null): SeedMode {
  return useSeeds.getState().documents[documentKey]?.[addressOf(scope, node, input)] ?? "fixed";
}

/** {@link seedMode} for a component, which is drawn again when it changes: `useSeedMode(key, "sample", "seed")`. */
export function useSeedMode(documentKey: string, node: string, input: string, scope: string | null = null): SeedMode {
  return useSeeds((seeds) => seeds.documents[documentKey]?.[addressOf(scope, node, input)] ?? "fixed");
}

/** Sets the mode of a seed input. */
export function setSeedMode(
  documentKey: string,
  node: string,
  input: string,
  mode: SeedMode,
  scope: string | null = null,
): void {
  useSeeds.setState(({ documents }) => {
    const { [documentKey]: modes = {}, ...others } = documents;
    const recent = Object.entries(others).slice(-(MOST_DOCUMENTS - 1));
    const changed = { ...modes, [addressOf(scope, node, input)]: mode };
    return { documents: { ...Object.fromEntries(recent), [documentKey]: changed } };
  });
}

/**
 * Lets the modes of a document follow their inputs from one state of it to the next, also by undo.
 *
 * The mode of an input that is gone stays: undo may bring it back.
 */
export function followSeeds(documentKey: string, before: Graph, after: Graph): void {
  if (before.nodes === after.nodes && before.definitions === after.definitions) return;
  const modes = useSeeds.getState().documents[documentKey] ?? {};
  const followed: Record<string, SeedMode> = {};
  for (const [address, mode] of Object.entries(modes)) {
    const places = followInput(before, after, parse(address));
    if (places.length === 0) followed[address] ??= mode;
    for (const { scope, node, input } of places) followed[addressOf(scope, node, input)] = mode;
  }
  const same = Object.keys(followed).length === Object.keys(modes).length;
  if (same && Object.entries(followed).every(([address, mode]) => modes[address] === mode)) return;
  useSeeds.setState(({ documents }) => ({ documents: { ...documents, [documentKey]: followed } }));
}

/**
 * The graph with every seed of the document moved on by its mode; the same object when all are fixed. Wired seeds and
 * modes of nodes that are gone are left alone.
 */
export function advanceSeeds(graph: Graph, documentKey: string, random: () => bigint = randomSeed): Graph {
  const modes = useSeeds.getState().documents[documentKey] ?? {};
  return Object.entries(modes).reduce((changed, [address, mode]) => {
    const { scope, node, input } = parse(address);
    const target = nodeOf(changed, scope, node);
    const next = target && nextSeed(entry(target.inputs, input), mode, random);
    return next === undefined ? changed : setInput(changed, scope, node, input, next);
  }, graph);
}

/** The seed after this one; `undefined` when it stays or is no literal integer. */
function nextSeed(value: Input | undefined, mode: SeedMode, random: () => bigint): Input | undefined {
  const seed = value === undefined ? 0n : integer(value);
  if (seed === undefined || mode === "fixed") return undefined;
  const next = mode === "random" ? random() : seed >= HIGHEST ? 0n : seed + 1n;
  return next <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(next) : String(next);
}

function integer(value: Input): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
}

/** Below 2^53, so that it is the same number in every program a shared graph passes through. */
function randomSeed(): bigint {
  const words = crypto.getRandomValues(new BigUint64Array(1));
  return BigInt.asUintN(53, words[0] ?? 0n);
}

// No name may hold a dot, a slash or a number sign, so these parts cannot run together.
function addressOf(scope: string | null, node: string, input: string): string {
  return `${scope ?? ""}/${node}.${input}`;
}

function parse(address: string): { scope: string | null; node: string; input: string } {
  const slash = address.indexOf("/");
  const dot = address.indexOf(".", slash);
  const scope = address.slice(0, slash);
  return { scope: scope === "" ? null : scope, node: address.slice(slash + 1, dot), input: address.slice(dot + 1) };
}
