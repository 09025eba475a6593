/** Which results a document shows at its nodes. */
import type { RunOutput, ValueInfo } from "../api/contract";

/** Peeked values by run and address, see {@link valueKey}. */
export type Values = Readonly<Record<string, ValueInfo>>;

/** Key of the value on an output (`decode.image`, a run name) in a run. */
export function valueKey(run: string, address: string): string {
  return `${run}\n${address}`;
}

/**
 * Outputs by run name of the node, from the newest of the runs that has any for the node; the instances around a node
 * show them too. `runs` come newest first.
 */
export function collectOutputs(
  runs: readonly (readonly RunOutput[])[],
): Readonly<Record<string, readonly RunOutput[]>> {
  const found = new Map<string, RunOutput[]>();
  for (const outputs of runs) {
    const ofRun = new Map<string, RunOutput[]>();
    for (const output of outputs) {
      for (const name of withAncestors(output.node)) ofRun.set(name, [...(ofRun.get(name) ?? []), output]);
    }
    for (const [name, list] of ofRun) if (!found.has(name)) found.set(name, list);
  }
  return Object.fromEntries(found);
}

/** Pictures on outputs of a run that somebody looked at, as if they were its outputs. */
export function peekedOutputs(values: Values, run: string): RunOutput[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const [of, address = ""] = key.split("\n");
    if (of !== run || !value.asset) return [];
    const dot = address.indexOf(".");
    return [{ name: address, node: address.slice(0, dot), output: address.slice(dot + 1), value }];
  });
}

/** `look/relight/blur` gives itself, `look/relight` and `look`. */
function withAncestors(name: string): string[] {
  const segments = name.split("/");
  return segments.map((_, index) => segments.slice(0, segments.length - index).join("/"));
}
