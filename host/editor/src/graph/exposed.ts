/** What a graph or a subgraph offers by name: the fields of a form, the ports of an instance. */
import { bodyOf, editBody, type Scope } from "./body";
import type { Graph, Subgraph } from "./document";
import { type InputAddress, isLink, linkTo, type OutputAddress, splitAddress } from "./links";
import { freshName, nameProblem } from "./names";
import { type Outcome, refuse } from "./outcome";
import { entry, mapEntries, orNothing, type ReadonlyRecord, withEntry, withField } from "./record";
import { mapPorts } from "./subgraphLinks";
import { endpointsOf, outputLink } from "./subgraphPorts";

export type Direction = "input" | "output";

/** A port that is offered by name. */
export interface Offered {
  readonly name: string;
  readonly direction: Direction;
  readonly node: string;
  /** Name of the input or output. */
  readonly port: string;
}

/** Everything the graph, or a subgraph, offers, by name. A subgraph's input that goes to several is there for each. */
export function offeredBy(graph: Graph, scope: Scope): Offered[] {
  const offered = scope === null ? exposedBy(graph) : portsBy(entry(graph.definitions, scope));
  return offered.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Offers an input or output by name; returns the name it has, or had before. */
export function expose(
  graph: Graph,
  scope: Scope,
  port: InputAddress | OutputAddress,
  wanted?: string,
): { graph: Graph; name: string } {
  const direction: Direction = "input" in port ? "input" : "output";
  const portName = "input" in port ? port.input : port.output;
  const same = (it: Offered) => it.direction === direction && it.node === port.node && it.port === portName;
  const before = offeredBy(graph, scope).find(same);
  if (before !== undefined) return { graph, name: before.name };
  const taken = (name: string) => entry(table(graph, scope, direction), name) !== undefined;
  const name = freshName(wanted ?? (taken(portName) ? `${port.node}-${portName}` : portName), taken);
  const value = "input" in port ? `${port.node}.${port.input}` : linkTo(port);
  return { graph: editTable(graph, scope, direction, (it) => withEntry(it, name, value)), name };
}

/** Offers a port no longer. Instances of the subgraph forget their values and wires for it. */
export function unexpose(graph: Graph, scope: Scope, name: string, direction: Direction = "input"): Graph {
  const edited = editTable(graph, scope, direction, (it) => withEntry(it, name, undefined));
  if (scope === null || edited === graph) return edited;
  return mapPorts(edited, scope, { [`${direction}s`]: (port: string) => (port === name ? undefined : port) });
}

/** Offers a port by another name; instances of the subgraph follow. Refused when the name is not allowed or taken. */
export function renameExposed(
  graph: Graph,
  scope: Scope,
  from: string,
  to: string,
  direction: Direction = "input",
): Outcome<{ readonly graph: Graph }> {
  if (from === to) return { ok: true, graph };
  const problem = nameProblem(to);
  if (problem !== undefined) return refuse(problem);
  const offered = table(graph, scope, direction);
  if (entry(offered, from) === undefined) return refuse(`Nothing is offered as “${from}”.`);
  if (entry(offered, to) !== undefined) return refuse(`Something is offered as “${to}” already.`);
  const rename = (name: string) => (name === from ? to : name);
  const edited = editTable(graph, scope, direction, (it) => mapEntries(it, (name, value) => [rename(name), value]));
  return { ok: true, graph: scope === null ? edited : mapPorts(edited, scope, { [`${direction}s`]: rename }) };
}

function exposedBy(graph: Graph): Offered[] {
  return Object.entries(graph.exposed ?? {}).flatMap(([name, exposed]) => {
    const direction: Direction = isLink(exposed) ? "output" : "input";
    const address = typeof exposed === "string" ? exposed : isLink(exposed) ? exposed.from : exposed.input;
    const [node, port] = (typeof address === "string" && splitAddress(address)) || [];
    return node === undefined || port === undefined ? [] : [{ name, direction, node, port }];
  });
}

function portsBy(subgraph: Subgraph | undefined): Offered[] {
  if (subgraph === undefined) return [];
  const inputs = Object.keys(subgraph.inputs ?? {}).flatMap((name) =>
    endpointsOf(subgraph, name).map(({ node, input }): Offered => ({ name, direction: "input", node, port: input })),
  );
  const outputs = Object.keys(subgraph.outputs ?? {}).flatMap((name): Offered[] => {
    const source = outputLink(subgraph, name);
    return source === undefined ? [] : [{ name, direction: "output", node: source.node, port: source.output }];
  });
  return [...inputs, ...outputs];
}

type Table = ReadonlyRecord<unknown>;

/** The graph offers inputs and outputs in one table, a subgraph in two. */
function field(scope: Scope, direction: Direction): "exposed" | "inputs" | "outputs" {
  return scope === null ? "exposed" : `${direction}s`;
}

function table(graph: Graph, scope: Scope, direction: Direction): Table {
  const body = bodyOf(graph, scope) as ReadonlyRecord<Table | undefined> | undefined;
  return body?.[field(scope, direction)] ?? {};
}

function editTable(graph: Graph, scope: Scope, direction: Direction, edit: (table: Table) => Table): Graph {
  const name = field(scope, direction);
  return editBody(graph, scope, (body) => {
    const before = (body as unknown as ReadonlyRecord<Table | undefined>)[name];
    const after = edit(before ?? {});
    return after === before ? body : withField(body, name as keyof typeof body, orNothing(after) as never);
  });
}
