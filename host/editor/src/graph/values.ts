/** Setting inputs to values. */
import { editBody, editNode, nodeOf, type Scope } from "./body";
import type { Body, Graph, Input } from "./document";
import { equal } from "./equal";
import { isLink, isWired, itemsOf } from "./links";
import { entry, mapEntries, orNothing, withEntry, withField } from "./record";
import { withLayout } from "./references";

/** Sets an input to a value, a link or a list of both. Integers beyond ±2⁵³ are given as strings of digits. */
export function setInput(graph: Graph, scope: Scope, node: string, input: string, value: Input): Graph {
  const before = entry(nodeOf(graph, scope, node)?.inputs, input);
  return before !== undefined && equal(before, value) ? graph : put(graph, scope, node, input, value);
}

/** Takes away what an input is set or wired to: it has its default again. */
export function clearInput(graph: Graph, scope: Scope, node: string, input: string): Graph {
  const before = entry(nodeOf(graph, scope, node)?.inputs, input);
  return before === undefined ? graph : put(graph, scope, node, input, undefined);
}

function put(graph: Graph, scope: Scope, node: string, input: string, value: Input | undefined): Graph {
  return editBody(graph, scope, (body) => {
    const edited = editNode(body, node, (it) =>
      withField(it, "inputs", orNothing(withEntry(it.inputs ?? {}, input, value))),
    );
    return withoutBends(edited, `${node}.${input}`, entry(body.nodes[node]?.inputs, input), value);
  });
}

/** Bends belong to a wire from one output to one input; with another wire they go. */
function withoutBends<B extends Body>(
  body: B,
  address: string,
  before: Input | undefined,
  after: Input | undefined,
): B {
  if (body.layout === undefined || before === undefined || !isWired(before)) return body;
  const [was, is] = [itemsOf(before), after === undefined ? [] : itemsOf(after)];
  const layout = mapEntries<unknown>(body.layout, (key, value) => {
    const item = key === address ? "0" : key.startsWith(`${address}.`) ? key.slice(address.length + 1) : undefined;
    if (item === undefined || !/^\d+$/.test(item)) return [key, value];
    const [link, now] = [was[Number(item)], is[Number(item)]];
    const same =
      Array.isArray(before) === Array.isArray(after) && isLink(link) && isLink(now) && link.from === now.from;
    return same ? [key, value] : undefined;
  });
  return layout === body.layout ? body : withLayout(body, layout);
}
