/**
 * What changed between two states of a document, small enough to be kept for every step of its history.
 *
 * A patch says for each field that differs its new value, its own patch, or that it is gone. Arrays are replaced whole.
 */
export type Patch =
  { readonly set: unknown } | { readonly fields: Readonly<Record<string, Patch>>; readonly gone?: readonly string[] };

/** What makes `after` of `before`; undefined when they are the same. Costs little where objects are shared. */
export function diff(before: unknown, after: unknown): Patch | undefined {
  if (before === after) return undefined;
  if (!isObject(before) || !isObject(after)) return { set: after };
  const fields: [string, Patch][] = [];
  for (const [key, value] of Object.entries(after)) {
    const patch = Object.hasOwn(before, key) ? diff(before[key], value) : { set: value };
    if (patch !== undefined) fields.push([key, patch]);
  }
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  if (fields.length === 0 && gone.length === 0) return undefined;
  return { fields: Object.fromEntries(fields), ...(gone.length > 0 && { gone }) };
}

/** The state after a patch; it shares with the state before what did not change. */
export function applyPatch<T>(before: T, patch: Patch | undefined): T {
  if (patch === undefined) return before;
  if ("set" in patch) return patch.set as T;
  const gone = new Set(patch.gone);
  const source: Readonly<Record<string, unknown>> = isObject(before) ? before : {};
  const kept = Object.entries(source).filter(([key]) => !gone.has(key));
  const changed = Object.entries(patch.fields).map(([key, inner]): [string, unknown] => [
    key,
    applyPatch(Object.hasOwn(source, key) ? source[key] : undefined, inner),
  ]);
  return Object.fromEntries([...kept, ...changed]) as T;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
