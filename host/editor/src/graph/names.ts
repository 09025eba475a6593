/** Names that users give to nodes, subgraphs and exposed ports, by the host's rules. */

/** Most characters of a name. */
const MOST = 100;

const FORBIDDEN = /[./#="\\[\]\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Names of nodes that the layout keeps for itself. */
const RESERVED = "frames";

/** What is wrong with a name, as a sentence; undefined when it may be used. */
export function nameProblem(name: string): string | undefined {
  const count = [...name].length;
  if (count === 0) return "A name needs at least one character.";
  if (count > MOST) return `A name has at most ${MOST} characters; this one has ${count}.`;
  if (/^\p{White_Space}|\p{White_Space}$/u.test(name)) return "A name neither starts nor ends with a space.";
  const bad = FORBIDDEN.exec(name);
  return bad === null ? undefined : `A name cannot contain ${shown(bad[0])}.`;
}

/** What is wrong with the name of a node. */
export function nodeNameProblem(name: string): string | undefined {
  return name === RESERVED ? "The name “frames” is taken by the layout." : nameProblem(name);
}

/** A name that may be used: the wish, or with the smallest number behind it that makes it unlike all that are taken. */
export function freshName(wanted: string, isTaken: (name: string) => boolean): string {
  return numbered(nodeNameProblem(wanted) === undefined ? wanted : cleaned(wanted), isTaken);
}

/** The text, or with the smallest number behind it that makes it unlike all that are taken: `text-2`. */
export function numbered(text: string, isTaken: (text: string) => boolean): string {
  if (!isTaken(text)) return text;
  const [, stem = text] = /^(.+)-\d+$/s.exec(text) ?? [];
  for (let number = 2; ; number++) {
    const suffix = `-${number}`;
    const next = [...stem].slice(0, MOST - suffix.length).join("") + suffix;
    if (!isTaken(next)) return next;
  }
}

/** A name for a node of this type: `kontext/VAEDecode` becomes `vae-decode`. */
export function nameForType(type: string): string {
  const name = type.slice(Math.max(type.lastIndexOf("/"), type.lastIndexOf("#")) + 1);
  if (type.startsWith("#")) return cleaned(name);
  const words = name.replace(/([a-z\d])([A-Z])/g, "$1-$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2");
  return cleaned(words.toLowerCase());
}

/** The name nearest to a text that may be used; `node` when nothing is left of it. */
function cleaned(text: string): string {
  const allowed = [...text].filter((character) => !FORBIDDEN.test(character));
  const name = allowed
    .slice(0, MOST)
    .join("")
    .replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
  if (name === RESERVED) return `${RESERVED}-2`;
  return name === "" ? "node" : name;
}

function shown(character: string): string {
  const visible = /[\p{Cc}\u200e-\u202e\u2066-\u2069]/u.test(character);
  return visible ? `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}` : `“${character}”`;
}
