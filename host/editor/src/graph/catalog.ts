/** What node types declare, and what the ports of a node in a document are. */
import type { NodeDefinition } from "../api/contract";

export { type NodePorts, portsOf } from "./ports";

/** The definitions of the plugins at hand. */
export class Catalog {
  readonly #definitions: ReadonlyMap<string, NodeDefinition>;
  readonly #all: readonly NodeDefinition[];

  constructor(nodes: readonly NodeDefinition[]) {
    this.#all = nodes;
    this.#definitions = new Map(nodes.map((definition) => [definition.id, definition]));
  }

  /** What a node type declares; undefined when no plugin at hand has it. */
  definition(type: string): NodeDefinition | undefined {
    return this.#definitions.get(type);
  }

  /** All definitions, in the order of the server. */
  all(): readonly NodeDefinition[] {
    return this.#all;
  }
}

/** Name of a node type as people see it. */
export function titleOf(definition: NodeDefinition): string {
  return definition.title || definition.id.slice(definition.id.indexOf("/") + 1);
}

/** Name of a port as people see it. */
export function portTitle(port: { readonly name: string; readonly title?: string }): string {
  return port.title || port.name.replaceAll("_", " ");
}
