/** What a node card draws, made from the document; cards whose node did not change keep their view. */
import type { NodeDefinition, Port, Problem } from "../api/contract";
import { bodyOf } from "../graph/body";
import type { Scope } from "../graph/body";
import { portsOf } from "../graph/catalog";
import type { Catalog } from "../graph/catalog";
import type { Graph, GraphNode, Input } from "../graph/document";
import { placeOf } from "../graph/places";
import { layoutNode } from "./geometry";
import type { NodeLayout } from "./geometry";
import { messagesOf } from "./nodeMessages";
import type { Message } from "./nodeMessages";

/** A problem of the document or a failure of a run, at a node. */
export interface Fault {
  severity: "error" | "warning";
  text: string;
  /** What to do. */
  hint?: string;
  /** The input it is about. */
  input?: string;
  /** Nothing is wrong yet: the input only has no value. */
  missing?: boolean;
}

export interface NodeView {
  name: string;
  node: GraphNode;
  /** Of the type, for people. */
  title: string;
  known: boolean;
  unavailable: string | undefined;
  definition: NodeDefinition | undefined;
  /** Which of the category colors the header has. */
  color: number;
  inputs: readonly Port[];
  outputs: readonly Port[];
  position: { x: number; y: number };
  layout: NodeLayout;
  picture: boolean;
  faults: readonly Fault[];
  messages: readonly Message[];
}

export interface ViewOptions {
  advancedOpen: ReadonlySet<string>;
  /** Nodes whose runs have a picture to show. */
  pictured: ReadonlySet<string>;
  faults: ReadonlyMap<string, readonly Fault[]>;
}

interface Cached {
  key: readonly unknown[];
  view: NodeView;
}

const NO_FAULTS: readonly Fault[] = [];
const CATEGORY_COLORS = 6;

/** Makes views and remembers them, one maker for each canvas. */
export class NodeViews {
  #cached = new Map<string, Cached>();

  /** The views of all nodes of a scope, in the order of the document. */
  of(graph: Graph, scope: Scope, catalog: Catalog, options: ViewOptions): NodeView[] {
    const body = bodyOf(graph, scope);
    const next = new Map<string, Cached>();
    const views = Object.entries(body?.nodes ?? {}).map(([name, node], order) => {
      const place = placeOf(body, name);
      const ports = portsOf(graph, node, catalog);
      const faults = options.faults.get(name) ?? NO_FAULTS;
      const open = options.advancedOpen.has(name);
      const pictured = options.pictured.has(name) || hasOwnPicture(ports.inputs, node.inputs ?? {});
      const portsKey = ports.known ? ports : portNames(ports.inputs, ports.outputs);
      const key = [node, place, portsKey, open, pictured, faults, place ? 0 : order];
      const before = this.#cached.get(name);
      if (before && before.key.every((part, index) => part === key[index])) {
        next.set(name, before);
        return before.view;
      }
      const inputs = withStrays(ports.inputs, node.inputs ?? {});
      const { known, unavailable } = ports;
      const messages = messagesOf({ type: node.type, known, unavailable, inputs, faults });
      const layout = layoutNode({
        inputs,
        outputs: ports.outputs,
        values: node.inputs ?? {},
        known,
        place,
        advancedOpen: open,
        picture: pictured,
        message: messages[0]?.text,
      });
      const definition = catalog.definition(node.type);
      const view: NodeView = {
        name,
        node,
        title: ports.title,
        known,
        unavailable,
        definition,
        color: categoryColor(definition?.category ?? (node.type.startsWith("#") ? "subgraph" : "")),
        inputs,
        outputs: ports.outputs,
        position: place ? { x: place[0], y: place[1] } : unplaced(order),
        layout,
        picture: pictured,
        faults,
        messages,
      };
      next.set(name, { key, view });
      return view;
    });
    this.#cached = next;
    return views;
  }
}

/** Number of the category color, the same for all categories that start with the same word. */
export function categoryColor(category: string): number {
  const fixed: Record<string, number> = { image: 0, text: 2, subgraph: 4 };
  const parts = category.split("/");
  const known = fixed[parts[0] ?? ""];
  if (known !== undefined) return known;
  let hash = 0;
  for (const character of category) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return [1, 3, 5][hash % 3] ?? CATEGORY_COLORS - 1;
}

/** Nodes without a place stand in a grid, so that none hides another. */
function unplaced(order: number): { x: number; y: number } {
  return { x: (order % 6) * 300, y: Math.floor(order / 6) * 320 };
}

function hasOwnPicture(inputs: readonly Port[], values: Readonly<Record<string, Input>>): boolean {
  return inputs.some((port) => {
    const control = port.widget === "file" || port.widget === "mask";
    return control && port.kind === "bytes" && typeof values[port.name] === "string" && values[port.name] !== "";
  });
}

/** With the inputs the document names and the type does not have: they are shown, and kept when saved. */
function withStrays(inputs: readonly Port[], values: Readonly<Record<string, Input>>): readonly Port[] {
  const declared = new Set(inputs.map((port) => port.name));
  const strays = Object.keys(values).filter((name) => !declared.has(name));
  if (strays.length === 0) return inputs;
  return [...inputs, ...strays.map((name): Port => ({ name, kind: "any", optional: true }))];
}

function portNames(inputs: readonly Port[], outputs: readonly Port[]): string {
  return `${inputs.map((port) => port.name).join()}>${outputs.map((port) => port.name).join()}`;
}

/** The faults of each node of a scope, from the problems of the document and the failures of its last run. */
export function faultsOf(
  problems: readonly Problem[],
  scope: Scope,
  failures: readonly { node: string; error: string; port?: string | undefined }[],
): Map<string, Fault[]> {
  const found = new Map<string, Fault[]>();
  const add = (node: string, fault: Fault) => found.set(node, [...(found.get(node) ?? []), fault]);
  const prefix = scope === null ? "nodes." : `definitions.${scope}.nodes.`;
  for (const problem of problems) {
    if (!problem.path.startsWith(prefix)) continue;
    const [node, part, input] = problem.path.slice(prefix.length).split(/[.[]/);
    if (node === undefined) continue;
    add(node, {
      severity: problem.severity,
      text: problem.expected ? `expected ${problem.expected}, found ${problem.found}` : problem.found,
      ...(problem.hint ? { hint: problem.hint } : {}),
      ...(part === "inputs" && input !== undefined ? { input } : {}),
      ...(problem.code === "missing" ? { missing: true } : {}),
    });
  }
  for (const { node, error, port } of failures) {
    if (port === undefined) {
      add(node, { severity: "error", text: error });
      continue;
    }
    // The fault names its input already.
    const own = `input \`${port}\`: `;
    add(node, { severity: "error", text: error.startsWith(own) ? error.slice(own.length) : error, input: port });
  }
  return found;
}
