/** JSON whose integers stay exact. */
import type { Json } from "./document";

/** A string or a number of JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Reads JSON. An integer that a double would round becomes a string of its digits, as documents write large integers.
 *
 * @throws SyntaxError when the text is no JSON.
 */
export function parseJson(text: string): Json {
  // Doubles hold every integer of 15 digits.
  if (!/\d{16}/.test(text)) return JSON.parse(text) as Json;
  const exact = text.replace(TOKEN, (token) =>
    /^-?\d{16,}$/.test(token) && String(Number(token)) !== token ? `"${token}"` : token,
  );
  return JSON.parse(exact) as Json;
}
