/** Adding, removing and renaming nodes, and what is said about a node besides its inputs. */
import { editBody, nodeOf, nodesOf, type Scope } from "./body";
import type { Graph, GraphNode, Input, NodeState, Place } from "./document";
import { freshName, nameForType, nodeNameProblem } from "./names";
import { type Outcome, refuse } from "./outcome";
import type { Point } from "./wires";
import { entry, withEntries, withEntry, withField } from "./record";
import { mapNodes, withLayout } from "./references";
import { prunePorts } from "./subgraphLinks";

/** The graph of a new document. */
export const EMPTY_GRAPH: Graph = { format: "wirebrush/graph", version: 1, nodes: {} };

export interface NewNode {
  /** The wish for a name; one that is taken or not allowed is changed. */
  readonly name?: string;
  readonly inputs?: Readonly<Record<string, Input>>;
}

/** Adds a node with its upper left corner at `at`, and says what it is called. */
export function addNode(
  graph: Graph,
  scope: Scope,
  type: string,
  at: Point,
  { name: wanted, inputs }: NewNode = {},
): { graph: Graph; name: string } {
  const taken = nodesOf(graph, scope);
  const name = freshName(wanted ?? nameForType(type), (it) => Object.hasOwn(taken, it));
  const node: GraphNode = inputs === undefined ? { type } : { type, inputs };
  const place: Place = [Math.round(at[0]), Math.round(at[1])];
  const added = editBody(graph, scope, (body) =>
    withLayout(
      { ...body, nodes: withEntry(body.nodes, name, node) },
      withEntry<unknown>(body.layout ?? {}, name, place),
    ),
  );
  return { graph: added, name };
}

/** Removes nodes, the wires from and to them, and whatever else speaks of them. */
export function removeNodes(graph: Graph, scope: Scope, names: Iterable<string>): Graph {
  const gone = new Set(names);
  const left = editBody(graph, scope, (body) => mapNodes(body, (name) => (gone.has(name) ? undefined : name)));
  return prunePorts(graph, left, scope);
}

/** Gives a node another name everywhere. Refused when the name is not allowed or taken. */
export function renameNode(graph: Graph, scope: Scope, from: string, to: string): Outcome<{ readonly graph: Graph }> {
  if (from === to) return { ok: true, graph };
  const problem = nodeNameProblem(to);
  if (problem !== undefined) return refuse(problem);
  if (nodeOf(graph, scope, from) === undefined) return refuse(`There is no node “${from}”.`);
  if (nodeOf(graph, scope, to) !== undefined) return refuse(`There is a node “${to}” already.`);
  return { ok: true, graph: editBody(graph, scope, (body) => mapNodes(body, (name) => (name === from ? to : name))) };
}

/** Mutes or bypasses nodes, or lets them run again. */
export function setState(graph: Graph, scope: Scope, names: Iterable<string>, state: NodeState): Graph {
  return editNodes(graph, scope, names, (node) => {
    return (node.state ?? "normal") === state ? node : withField(node, "state", state === "normal" ? undefined : state);
  });
}

/** Writes a note beside a node; an empty one is taken away. */
export function setNote(graph: Graph, scope: Scope, name: string, note: string): Graph {
  return editNodes(graph, scope, [name], (node) => withField(node, "note", note === "" ? undefined : note));
}

/** Gives the graph a title; an empty one is taken away. */
export function setTitle(graph: Graph, title: string): Graph {
  return withField(graph, "title", title === "" ? undefined : title);
}

/** Turns nodes into another type; inputs stay, so that a node of an unknown type can be replaced by a similar one. */
export function setType(graph: Graph, scope: Scope, names: Iterable<string>, type: string): Graph {
  return editNodes(graph, scope, names, (node) => withField(node, "type", type));
}

/** Changes some nodes one by one; those that are not there are left out. */
export function editNodes(
  graph: Graph,
  scope: Scope,
  names: Iterable<string>,
  edit: (node: GraphNode, name: string) => GraphNode,
): Graph {
  return editBody(graph, scope, (body) => {
    const edited: [string, GraphNode][] = [];
    for (const name of names) {
      const node = entry(body.nodes, name);
      if (node !== undefined) edited.push([name, edit(node, name)]);
    }
    return withField(body, "nodes", withEntries(body.nodes, edited) as typeof body.nodes);
  });
}
