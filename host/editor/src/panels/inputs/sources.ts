/** Which outputs could be wired to an input. */
import { nodesOf, type Scope } from "../../graph/body";
import type { Catalog } from "../../graph/catalog";
import type { Graph } from "../../graph/document";
import { connects } from "../../graph/kinds";
import type { InputAddress, OutputAddress } from "../../graph/links";
import { portsOf } from "../../graph/ports";
import { whyNot } from "../../graph/wiring";

/** Outputs of the scope that fit the input and make no circle, by node; a node's outputs in their order. */
export function sourcesFor(
  graph: Graph,
  scope: Scope,
  to: InputAddress,
  kind: string,
  catalog: Catalog,
): OutputAddress[] {
  return Object.entries(nodesOf(graph, scope)).flatMap(([name, node]) => {
    if (name === to.node) return [];
    const outputs = portsOf(graph, node, catalog).outputs.filter((port) => connects(port.kind, kind).ok);
    const fitting = outputs.map((port): OutputAddress => ({ node: name, output: port.name }));
    // A circle is one for every output of the node.
    return fitting[0] && whyNot(graph, scope, fitting[0], to, catalog) === undefined ? fitting : [];
  });
}
