/** Values and defaults of inputs. */
import type { Port } from "../api/contract";
import { type Scope } from "./body";
import type { Graph, GraphNode, Input, Json } from "./document";
import { isWired } from "./links";
import { editNodes } from "./nodes";
import { entry, orNothing, withEntry, without, withField } from "./record";

/** Sets an input to a value, a link or a list of both. Integers beyond ±2⁵³ are given as strings of digits. */
export function setInput(graph: Graph, scope: Scope, node: string, input: string, value: Input): Graph {
  return editNodes(graph, scope, [node], (it) =>
    withField(it, "inputs", withEntry(it.inputs ?? {}, input, sameOrNew(entry(it.inputs, input), value))),
  );
}

/** Takes away what an input is set or wired to: it has its default again. */
export function clearInput(graph: Graph, scope: Scope, node: string, input: string): Graph {
  return editNodes(graph, scope, [node], (it) =>
    it.inputs === undefined ? it : withField(it, "inputs", orNothing(without(it.inputs, [input]))),
  );
}

/** What an input holds now: what the document says, or else the port's default. Undefined when wired or empty. */
export function valueOf(node: GraphNode, port: Port): Json | undefined {
  const given = entry(node.inputs, port.name);
  if (given === undefined) return port.default;
  return isWired(given) ? undefined : (given as Json);
}

/** The value before when it is equal, so that nothing changes. */
function sameOrNew(before: Input | undefined, value: Input): Input {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(value) ? before : value;
}
