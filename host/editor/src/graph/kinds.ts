/** Which kinds of values connect, and how they are drawn. The rules are the host's (`wirebrush_graph::connects`). */

/** Pairs (output, input) that connect although they differ: the host converts. */
const CONVERTS: readonly (readonly [string, string])[] = [
  ["int", "float"],
  ["mask", "image"],
  ["choice", "text"],
  ["text", "choice"],
];

/** Whether an output of one kind may feed an input of another. */
export function connects(
  fromKind: string,
  toKind: string,
): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
  const converts = CONVERTS.some(([from, to]) => from === fromKind && to === toKind);
  if (fromKind === toKind || fromKind === "any" || toKind === "any" || converts) return { ok: true };
  return { ok: false, reason: `The output gives ${withArticle(fromKind)}, the input takes ${withArticle(toKind)}.` };
}

/** As {@link connects}, for an input that may take further kinds. */
export function feeds(
  fromKind: string,
  input: { readonly kind: string; readonly also?: readonly string[] },
): ReturnType<typeof connects> {
  return input.also?.includes(fromKind) ? { ok: true } : connects(fromKind, input.kind);
}

/** A value of a kind, as a sentence has it: `an image`, `text`. */
export function withArticle(kind: string): string {
  if (kind === "text" || kind === "bytes") return kind;
  if (kind === "none") return "nothing";
  if (kind === "any") return "any value";
  return `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;
}

const COLORED = new Set(["none", "bool", "int", "float", "text", "choice", "bytes", "image", "mask", "tensor", "any"]);

/** How many colors there are for the kinds of plugins. */
const HANDLE_COLORS = 7;

/** Name of the CSS custom property with the kind's color: `--kind-image`, `--kind-handle-3`. */
export function kindColor(kind: string): string {
  if (COLORED.has(kind)) return `--kind-${kind}`;
  // A factor with which the bundled plugins' kinds differ.
  const factor = 59;
  let hash = 0;
  // Versions of a kind look the same.
  for (const character of kind.replace(/@\d+$/, ""))
    hash = (Math.imul(hash, factor) + (character.codePointAt(0) ?? 0)) >>> 0;
  return `--kind-handle-${hash % HANDLE_COLORS}`;
}

export type KindShape = "circle" | "square" | "diamond" | "hexagon" | "triangle";

/** The shape of a port, so that kinds differ without color. */
export function kindShape(kind: string): KindShape {
  switch (kind) {
    case "image":
      return "square";
    case "mask":
    case "tensor":
      return "diamond";
    case "text":
    case "choice":
    case "bytes":
      return "triangle";
    default:
      return COLORED.has(kind) ? "circle" : "hexagon";
  }
}
