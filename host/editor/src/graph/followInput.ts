/** Where an input went when a document changed: renamed nodes, subgraphs made and unpacked, and all of it undone. */
import { bodyOf, instanceOf, nodeOf, nodesOf, type Scope } from "./body";
import type { Graph, GraphNode } from "./document";
import { entry } from "./record";
import { endpointsOf } from "./subgraphPorts";

/** An input of a node, in the graph itself or in a subgraph. */
export interface ScopedInput {
  readonly scope: Scope;
  readonly node: string;
  readonly input: string;
}

/** A node that one state of a document has and the other lacks. */
interface Change {
  readonly scope: Scope;
  readonly name: string;
  readonly node: GraphNode;
}

/**
 * Where an input of `before` is in `after`: in one place as a rule, in two when a subgraph with more instances is
 * unpacked, in none when it was deleted.
 *
 * Compares both states only, so it works for whatever lies between them, undo and redo as well.
 */
export function followInput(before: Graph, after: Graph, at: ScopedInput): readonly ScopedInput[] {
  const node = nodeOf(before, at.scope, at.node);
  if (node === undefined) return [];
  const scope = scopeIn(before, after, at.scope);
  const appeared = changes(before, after);
  const stays = nodeOf(after, scope, at.node)?.type === node.type;
  const here = stays ? [{ ...at, scope }] : [];
  const moved = [
    ...(stays ? [] : asRenamed(appeared, node, { ...at, scope })),
    ...asUnpacked(before, after, appeared, at, node),
  ];
  if (here.length + moved.length > 0) return [...here, ...moved];
  return [...asMadeSubgraph(appeared, node, at), ...asInner(before, appeared, node, at)];
}

/** The name a subgraph has now; its contents are the same object when only the name changed. */
function scopeIn(before: Graph, after: Graph, scope: Scope): Scope {
  if (scope === null || bodyOf(after, scope) !== undefined) return scope;
  const body = bodyOf(before, scope);
  return Object.entries(after.definitions ?? {}).find(([, it]) => it === body)?.[0] ?? scope;
}

/** The nodes of `after` that `before` has not. */
function changes(before: Graph, after: Graph): Change[] {
  return [null, ...Object.keys(after.definitions ?? {})].flatMap((scope) =>
    bodyOf(before, scope) === bodyOf(after, scope)
      ? []
      : Object.entries(nodesOf(after, scope))
          .filter(([name]) => nodeOf(before, scope, name) === undefined)
          .map(([name, node]) => ({ scope, name, node })),
  );
}

/** Under a name that is new in the same part. */
function asRenamed(appeared: readonly Change[], node: GraphNode, at: ScopedInput): ScopedInput[] {
  const alike = appeared.filter((it) => it.scope === at.scope && it.node.type === node.type);
  const same = alike.find((it) => it.node === node) ?? (alike.length === 1 ? alike[0] : undefined);
  return same === undefined ? [] : [{ ...at, node: same.name }];
}

/** Beside an instance that went away, of the subgraph the node is in. */
function asUnpacked(
  before: Graph,
  after: Graph,
  appeared: readonly Change[],
  at: ScopedInput,
  node: GraphNode,
): ScopedInput[] {
  if (at.scope === null) return [];
  const gone = changes(after, before).filter((it) => instanceOf(it.node) === at.scope);
  return gone.flatMap(({ scope }) => {
    const found = likest(appeared, scope, at.node, node.type);
    return found === undefined ? [] : [{ scope, node: found, input: at.input }];
  });
}

/** In a subgraph that is new, where values stay as defaults. */
function asMadeSubgraph(appeared: readonly Change[], node: GraphNode, at: ScopedInput): ScopedInput[] {
  const inside = appeared.find((it) => it.scope !== at.scope && it.name === at.node && it.node.type === node.type);
  return inside === undefined ? [] : [{ ...at, scope: inside.scope }];
}

/** At the inner nodes of an instance that went away. */
function asInner(before: Graph, appeared: readonly Change[], node: GraphNode, at: ScopedInput): ScopedInput[] {
  const subgraph = entry(before.definitions, instanceOf(node) ?? "");
  if (subgraph === undefined) return [];
  return endpointsOf(subgraph, at.input).flatMap((target) => {
    const type = entry(subgraph.nodes, target.node)?.type;
    const found = type === undefined ? undefined : likest(appeared, at.scope, target.node, type);
    return found === undefined ? [] : [{ scope: at.scope, node: found, input: target.input }];
  });
}

/** The name of the node that appeared in a part: the one called so, else the only one of the type. */
function likest(appeared: readonly Change[], scope: Scope, name: string, type: string): string | undefined {
  const alike = appeared.filter((it) => it.scope === scope && it.node.type === type);
  return (alike.find((it) => it.name === name) ?? (alike.length === 1 ? alike[0] : undefined))?.name;
}
