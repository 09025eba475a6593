/** Offers an input by name: as a field of the form, or inside a subgraph as an input of its instances. */
import { ListPlus } from "lucide-react";

import { edit } from "../../canvas/active";
import type { Document } from "../../documents/store";
import { expose, offeredBy, unexpose } from "../../graph/exposed";
import { IconButton } from "../../ui/Button";

export function OfferButton({ document, node, input }: { document: Document; node: string; input: string }) {
  const { graph, scope } = document;
  const offered = offeredBy(graph, scope).find(
    (candidate) => candidate.direction === "input" && candidate.node === node && candidate.port === input,
  );
  const where = scope === null ? "in the form" : `as an input of ${scope}`;
  return (
    <IconButton
      icon={ListPlus}
      iconSize={13}
      pressed={offered !== undefined}
      label={offered ? `Offered ${where} as ${offered.name}. Take it out` : `Offer ${input} of ${node} ${where}`}
      onClick={() =>
        offered
          ? edit(`Take ${offered.name} out`, (before, within) => unexpose(before, within, offered.name))
          : edit(`Offer ${input}`, (before, within) => expose(before, within, { node, input }).graph)
      }
    />
  );
}
