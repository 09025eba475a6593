/** Key chords: how they are written in the command table, matched against events and shown to people. */

const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

interface Chord {
  key: string;
  mod: boolean;
  shift: boolean;
  alt: boolean;
}

function parse(chord: string): Chord {
  const parts = chord.split("+").map((part) => part.trim());
  const key = parts.pop() || "+";
  return {
    key: key.toLowerCase(),
    mod: parts.includes("Mod"),
    shift: parts.includes("Shift"),
    alt: parts.includes("Alt"),
  };
}

/** What of a keyboard event counts for a chord. */
export type KeyPress = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;

/**
 * Whether the event is the chord. Letters and digits also match by their place on the keyboard when Alt changes what
 * they type. A sign such as `?` is the chord without naming Shift.
 */
export function matches(event: KeyPress, chord: string): boolean {
  const { key, mod, shift, alt } = parse(chord);
  const modifier = isMac ? event.metaKey : event.ctrlKey;
  const isSign = key.length === 1 && !/[a-z0-9]/.test(key);
  if (modifier !== mod || event.altKey !== alt) return false;
  if (!isSign && event.shiftKey !== shift) return false;
  if (event.key.toLowerCase() === key) return true;
  return event.code === `Key${key.toUpperCase()}` || event.code === `Digit${key}`;
}

const SHOWN: Record<string, string> = {
  Mod: isMac ? "⌘" : "Ctrl",
  Alt: isMac ? "⌥" : "Alt",
  Shift: isMac ? "⇧" : "Shift",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Delete: "Del",
  Escape: "Esc",
  PageUp: "PgUp",
  PageDown: "PgDn",
};

/** The chord as it is printed on keys: `Ctrl+Shift+Z`, `⌘⇧Z`. */
export function keysText(chord: string): string {
  return chord
    .split("+")
    .map((part) => SHOWN[part] ?? part)
    .join(isMac ? "" : "+");
}

/** Whether typing goes into this element, so that single keys must not run commands. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range", "color"].includes(target.type);
}
