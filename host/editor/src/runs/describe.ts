/** What a run was made with, in a few words, so that runs of one title can be told apart. */
import type { Graph, Input } from "../graph/document";
import { nodeOf } from "../graph/body";
import { offeredBy } from "../graph/exposed";
import { isWired } from "../graph/links";
import { entry } from "../graph/record";

/** Longest text that is shown of one value. */
const LONGEST = 80;

/** Values of the exposed inputs, texts first, files last: `“make it night” · seed 7 · image cup.png`; empty when there are none. */
export function describeRun(graph: Graph): string {
  const texts: string[] = [];
  const values: string[] = [];
  const files: string[] = [];
  for (const { name, direction, node, port } of offeredBy(graph, null)) {
    const value = direction === "input" ? entry(nodeOf(graph, null, node)?.inputs, port) : undefined;
    if (value === undefined || isWired(value)) continue;
    const text = shown(value);
    if (typeof value === "string" && value.includes(" ")) texts.push(`“${text}”`);
    else (isFile(value) ? files : values).push(`${name.replaceAll("_", " ")} ${text}`);
  }
  return [...texts, ...values, ...files].join(" · ");
}

function isFile(value: Input): boolean {
  return typeof value === "string" && /^asset:|\.[a-z]{2,5}$/i.test(value);
}

function shown(value: Input): string {
  // Of `asset:HASH/cup.png` the name says what it is.
  const text = typeof value === "string" ? value.replace(/^asset:[0-9a-f]+\//, "") : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
