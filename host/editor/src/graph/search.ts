/** Finding node types by words, and the ones that fit a wire. */
import { Fzf } from "fzf";
import type { NodeDefinition, Port } from "../api/contract";
import { bodies, type Scope } from "./body";
import { type Catalog, titleOf } from "./catalog";
import { contains, definitionsOf } from "./definitions";
import type { Graph } from "./document";
import { feeds } from "./kinds";
import { portsOfType } from "./ports";

export interface Hit {
  readonly definition: NodeDefinition;
  readonly title: string;
  /** Places of the characters of the title that were found. */
  readonly found: ReadonlySet<number>;
}

export interface FittingHit extends Hit {
  /** The port that the wire would lead to or come from. */
  readonly port: Port;
}

/** The end of a wire in the air. */
export interface LooseEnd {
  readonly kind: string;
  /** Kinds that an input takes beside its kind. */
  readonly also?: readonly string[];
  /** What the wire hangs on: an `output` looks for nodes with an input that takes it. */
  readonly direction: "input" | "output";
}

/** Node types used before, the newest first. */
export type Recent = readonly string[];

/** Where words are found, the best first. */
enum Field {
  Name,
  Category,
  Description,
}

interface Match {
  readonly field: Field;
  readonly score: number;
  readonly found: ReadonlySet<number>;
}

/** Added to the score of a word that is the whole name. */
const WHOLE = 1000;

const ANYTHING: Match = { field: Field.Name, score: 0, found: new Set() };

/**
 * Node types in which every word of the query is found: in the name before the category before the description.
 *
 * Names are matched loosely (`vaedec` finds VAEDecode). Of equal ones those used lately come first. An empty query
 * finds everything.
 */
export function searchNodes(
  catalog: Catalog,
  query: string,
  recent: Recent = [],
  subgraphs: readonly NodeDefinition[] = [],
): Hit[] {
  const definitions = [...catalog.all(), ...subgraphs];
  const matches = match(definitions, query);
  return definitions
    .flatMap((definition) => {
      const found = matches.get(definition);
      return found === undefined ? [] : [{ definition, match: found }];
    })
    .sort((a, b) => compareMatches(a.match, b.match) || byUse(recent, a.definition, b.definition))
    .map(({ definition, match: { found } }) => ({ definition, title: titleOf(definition), found }));
}

/**
 * Node types to which a wire can lead, each with the port it would be wired to.
 *
 * An equal kind comes before one that is converted before `any`, and a main port before one that is usually typed in.
 */
export function fittingNodes(
  catalog: Catalog,
  end: LooseEnd,
  query = "",
  recent: Recent = [],
  subgraphs: readonly NodeDefinition[] = [],
): FittingHit[] {
  const definitions = [...catalog.all(), ...subgraphs];
  const matches = match(definitions, query);
  return definitions
    .flatMap((definition) => {
      const found = matches.get(definition);
      const best = bestPort(definition, end);
      return found === undefined || best === undefined ? [] : [{ definition, match: found, ...best }];
    })
    .sort(
      (a, b) =>
        a.match.field - b.match.field ||
        a.rank - b.rank ||
        b.match.score - a.match.score ||
        byUse(recent, a.definition, b.definition),
    )
    .map(({ definition, port, match: { found } }) => ({ definition, title: titleOf(definition), found, port }));
}

/** The document's subgraphs as node types, without those that cannot be inside the edited one. */
export function subgraphTypes(graph: Graph, scope: Scope, catalog: Catalog): NodeDefinition[] {
  return definitionsOf(graph).flatMap((name) => {
    const ports = portsOfType(graph, `#${name}`, catalog);
    if (ports === undefined || (scope !== null && contains(graph, name, scope))) return [];
    const { inputs, outputs } = ports;
    const uses = bodies(graph).reduce(
      (sum, { body }) => sum + Object.values(body.nodes).filter((it) => it.type === `#${name}`).length,
      0,
    );
    return [
      {
        id: `#${name}`,
        title: name,
        category: "subgraph",
        version: 1,
        description: `A subgraph of this document, used ${uses === 1 ? "once" : `${uses} times`}.`,
        deterministic: true,
        concurrency: "parallel",
        inputs: [...inputs],
        outputs: [...outputs],
      },
    ];
  });
}

/** The port of a node type that suits a loose end best, with its rank: smaller is better. */
export function bestPort(definition: NodeDefinition, end: LooseEnd): { port: Port; rank: number } | undefined {
  const ports = end.direction === "output" ? definition.inputs : definition.outputs;
  let best: { port: Port; rank: number } | undefined;
  for (const port of ports) {
    const [from, to] = end.direction === "output" ? [end.kind, port] : [port.kind, end];
    if (!feeds(from, to).ok) continue;
    const equal = from === to.kind || to.also?.includes(from);
    const kinds = equal ? 0 : from === "any" || to.kind === "any" ? 2 : 1;
    const secondary = (port.advanced ? 2 : 0) + (port.default === undefined ? 0 : 1);
    const rank = kinds * 4 + secondary;
    if (best === undefined || rank < best.rank) best = { port, rank };
  }
  return best;
}

/** For each definition in which every word is found, its worst word's match. */
function match(definitions: readonly NodeDefinition[], query: string): Map<NodeDefinition, Match> {
  const words = query.split(/\s+/).filter((word) => word !== "");
  let matches = new Map(definitions.map((definition) => [definition, ANYTHING]));
  for (const word of words) {
    const found = matchWord(definitions, word);
    const both = [...matches].flatMap(([definition, before]) => {
      const match = found.get(definition);
      return match === undefined ? [] : [[definition, combined(before, match)] as const];
    });
    matches = new Map(both);
  }
  return matches;
}

function combined(a: Match, b: Match): Match {
  return { field: Math.max(a.field, b.field), score: a.score + b.score, found: new Set([...a.found, ...b.found]) };
}

function matchWord(definitions: readonly NodeDefinition[], word: string): Map<NodeDefinition, Match> {
  const matches = new Map<NodeDefinition, Match>();
  const look = (field: Field, algorithm: "v2" | false, text: (definition: NodeDefinition) => string, shown = false) => {
    const finder = new Fzf(definitions, { selector: text, fuzzy: algorithm, casing: "case-insensitive" });
    for (const { item, score: fuzzy, positions } of finder.find(word)) {
      const before = matches.get(item);
      const score = text(item).toLowerCase() === word.toLowerCase() ? fuzzy + WHOLE : fuzzy;
      if (before !== undefined && (before.field < field || before.score >= score)) continue;
      matches.set(item, { field, score, found: shown ? positions : (before?.found ?? new Set()) });
    }
  };
  look(Field.Name, "v2", titleOf, true);
  look(Field.Name, "v2", (definition) => definition.id);
  // In longer texts nearly every word would be found loosely.
  look(Field.Category, false, (definition) => definition.category);
  look(Field.Description, false, (definition) => definition.description ?? "");
  return matches;
}

function compareMatches(a: Match, b: Match): number {
  return a.field - b.field || b.score - a.score;
}

function byUse(recent: Recent, a: NodeDefinition, b: NodeDefinition): number {
  const place = ({ id }: NodeDefinition) => (recent.includes(id) ? recent.indexOf(id) : recent.length);
  return place(a) - place(b) || titleOf(a).localeCompare(titleOf(b), "en");
}
