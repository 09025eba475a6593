/** JSON whose integers stay exact. */
import type { Json } from "./document";

/**
 * Reads JSON. An integer that a double would round becomes a string of its digits, as documents write large integers.
 *
 * @throws SyntaxError when the text is no JSON.
 */
export function parseJson(text: string): Json {
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown) as Json;
}

/** `context.source` is the number's text, in engines that give it. */
function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) && String(value) !== source ? source : value;
}
