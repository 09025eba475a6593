/** Menu items that offer a node's inputs and outputs to the form, or to what a subgraph is part of. */
import { ListPlus, ListX } from "lucide-react";
import { nodeOf } from "../graph/body";
import { portsOf, portTitle } from "../graph/catalog";
import { expose, offeredBy, unexpose } from "../graph/exposed";
import { controlFor } from "../widgets/choose";
import { isWired } from "../graph/links";
import type { MenuItem } from "../ui/Menu";
import { activeDocument, catalog, edit } from "./active";

/** Inputs with a control and no wire, and inside a subgraph outputs too. */
export function exposureItems(name: string): MenuItem[] {
  const document = activeDocument();
  const node = document && nodeOf(document.graph, document.scope, name);
  if (!document || !node) return [];
  const { graph, scope } = document;
  const offered = offeredBy(graph, scope);
  const where = scope === null ? "the form" : "the subgraph";
  const { inputs, outputs } = portsOf(graph, node, catalog());
  const inputItems = inputs
    .filter(
      (port) =>
        !port.advanced && !port.list && (scope !== null || controlFor(port)) && !isWired(node.inputs?.[port.name]),
    )
    .map((port) => item({ node: name, input: port.name }, "input", port.name, `“${portTitle(port)}”`));
  const outputItems =
    scope === null
      ? []
      : outputs.map((port) =>
          item({ node: name, output: port.name }, "output", port.name, `output “${portTitle(port)}”`),
        );
  return [...inputItems, ...outputItems];

  function item(
    address: { node: string; input: string } | { node: string; output: string },
    direction: "input" | "output",
    port: string,
    title: string,
  ): MenuItem {
    const before = offered.find((it) => it.direction === direction && it.node === name && it.port === port);
    if (before) {
      return {
        title: `Take ${title} out of ${where}`,
        icon: ListX,
        run: () => edit("Hide an input", (current) => unexpose(current, scope, before.name, direction)),
      };
    }
    return {
      title: `Show ${title} in ${where}`,
      icon: ListPlus,
      run: () => edit("Offer an input", (current) => expose(current, scope, address).graph),
    };
  }
}
