/** Putting a new node into a wire. */
import type { Scope } from "./body";
import type { Catalog } from "./catalog";
import { addInstance } from "./definitions";
import type { Graph } from "./document";
import { addNode } from "./nodes";
import type { Outcome } from "./outcome";
import type { Point } from "./wires";
import { insertOnWire } from "./wiring";

/**
 * Adds a node of a type (`#Name` for a subgraph) with its upper left corner at `at`, in the middle of a wire.
 *
 * Refused when no input and output of it fit.
 */
export function addOnWire(
  graph: Graph,
  scope: Scope,
  wireId: string,
  type: string,
  at: Point,
  catalog: Catalog,
): Outcome<{ readonly graph: Graph; readonly name: string }> {
  const added: Outcome<{ graph: Graph; name: string }> = type.startsWith("#")
    ? addInstance(graph, scope, type.slice(1), at)
    : { ok: true, ...addNode(graph, scope, type, at) };
  if (!added.ok) return added;
  const inserted = insertOnWire(added.graph, scope, wireId, added.name, catalog);
  return inserted.ok ? { ...inserted, name: added.name } : inserted;
}
