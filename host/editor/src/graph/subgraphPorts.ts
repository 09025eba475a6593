/** The named inputs and outputs of a subgraph as addresses, whichever way the document writes them. */
import type { Subgraph } from "./document";
import { type InputAddress, type OutputAddress, splitAddress } from "./links";
import { entry } from "./record";

/** The inner inputs that an input of a subgraph goes to. */
export function endpointsOf(subgraph: Subgraph, input: string): readonly InputAddress[] {
  const targets = entry(subgraph.inputs, input);
  const texts = typeof targets === "string" ? [targets] : (targets ?? []);
  return texts.flatMap((text) => {
    const [node, port] = splitAddress(text) ?? [];
    return node === undefined || port === undefined ? [] : [{ node, input: port }];
  });
}

/** The inner output that an output of a subgraph comes from. */
export function outputLink(subgraph: Subgraph, output: string): OutputAddress | undefined {
  const source = entry(subgraph.outputs, output);
  const text = typeof source === "string" ? source : source?.from;
  const [node, port] = (text !== undefined && splitAddress(text)) || [];
  return node === undefined || port === undefined ? undefined : { node, output: port };
}
