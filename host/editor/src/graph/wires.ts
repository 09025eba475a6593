/** The wires of a graph, as they are drawn. */
import type { Body, GraphNode, Layout } from "./document";
import { type InputAddress, linksOf, type OutputAddress, sourceOf, splitAddress } from "./links";
import { entry } from "./record";

export type Point = readonly [x: number, y: number];

export interface Wire {
  /** The input it leads to: `decode.latent`, or `sample.references.0` for an item of a list. */
  readonly id: string;
  readonly from: OutputAddress;
  readonly to: InputAddress;
  /** Points it bends at, in editor pixels. */
  readonly bends: readonly Point[];
}

const NO_BENDS: readonly Point[] = [];

/** Wires into a node as they were found last. */
const intoNodes = new WeakMap<GraphNode, { readonly name: string; readonly wires: readonly Wire[] }>();
const ofBodies = new WeakMap<Body, readonly Wire[]>();

/** The wires of a body, in the order of its nodes. Wires that did not change stay the same objects. */
export function wiresOf(body: Body): readonly Wire[] {
  const before = ofBodies.get(body);
  if (before !== undefined) return before;
  const wires: Wire[] = [];
  const bent = bentInputs(body.layout);
  for (const [name, node] of Object.entries(body.nodes))
    wires.push(...wiresInto(name, node, body.layout, bent.has(name)));
  ofBodies.set(body, wires);
  return wires;
}

/** Names of the nodes into which bent wires may lead. */
function bentInputs(layout: Layout = {}): ReadonlySet<string> {
  const names = new Set<string>();
  for (const key of Object.keys(layout)) {
    const dot = key.indexOf(".");
    if (dot > 0) names.add(key.slice(0, dot));
  }
  return names;
}

function wiresInto(name: string, node: GraphNode, layout: Layout | undefined, bent: boolean): readonly Wire[] {
  const before = intoNodes.get(node);
  if (before?.name === name) {
    if (!bent && before.wires.every((wire) => wire.bends === NO_BENDS)) return before.wires;
    const wires = before.wires.map((wire) => {
      const bends = bendsOf(layout, wire.id);
      return bends === wire.bends ? wire : { ...wire, bends };
    });
    if (wires.every((wire, index) => wire === before.wires[index])) return before.wires;
    intoNodes.set(node, { name, wires });
    return wires;
  }
  const wires: Wire[] = [];
  for (const { input, index, link } of linksOf(node)) {
    const from = sourceOf(link);
    if (from === undefined) continue;
    const to = index === undefined ? { node: name, input } : { node: name, input, index };
    const id = wireId(to);
    wires.push({ id, from, to, bends: bendsOf(layout, id) });
  }
  intoNodes.set(node, { name, wires });
  return wires;
}

/** What a wire into this input is called. */
export function wireId(to: InputAddress): string {
  return to.index === undefined ? `${to.node}.${to.input}` : `${to.node}.${to.input}.${to.index}`;
}

/** The points at which the wire of this id bends. */
export function bendsOf(layout: Layout | undefined, id: string): readonly Point[] {
  const bends = splitAddress(id) === undefined ? undefined : entry(layout, id);
  return Array.isArray(bends) && bends.every(isPoint) && bends.length > 0 ? (bends as Point[]) : NO_BENDS;
}

function isPoint(value: unknown): value is Point {
  return Array.isArray(value) && value.length === 2 && value.every((number) => typeof number === "number");
}
