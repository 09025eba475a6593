/** Places of a document, as problems name them. */

/** A place of a document: a node, perhaps one of its inputs, in the graph or a definition. */
export interface Place {
  scope: string | null;
  node: string;
  input?: string;
}

/** The place a path of a problem means, such as `nodes.t5.inputs.text`; `undefined` when it is about no node. */
export function placeOfPath(path: string): Place | undefined {
  const segments = segmentsOf(path);
  const scope = segments[0] === "definitions" ? segments[1] : null;
  if (scope === undefined) return undefined;
  const [section, node, field, input] = scope === null ? segments : segments.slice(2);
  if (section !== "nodes" || node === undefined) return undefined;
  return { scope, node, ...(field === "inputs" && input !== undefined ? { input } : {}) };
}

/** Keys and indices of a path; keys with signs stand in brackets and quotes: `nodes["a b!"].inputs.references[0]`. */
export function segmentsOf(path: string): string[] {
  const pattern = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.[\]]+)/g;
  return [...path.matchAll(pattern)].map(([, quoted, index, plain]) => {
    return quoted === undefined ? (index ?? plain ?? "") : unescaped(quoted);
  });
}

function unescaped(quoted: string): string {
  return quoted.replace(/\\(?:u\{([0-9a-f]+)\}|(.))/g, (_, code: string | undefined, sign: string) => {
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    return { n: "\n", r: "\r", t: "\t", "0": "\0" }[sign] ?? sign;
  });
}
