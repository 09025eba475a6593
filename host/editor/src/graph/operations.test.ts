/** Random sequences of operations: whatever is done, nothing unknown is lost, nothing dangles, and undo is exact. */
import { describe, expect, test } from "vitest";
import { align } from "./align";
import { bodies, nodeOf, type Scope } from "./body";
import { copy, duplicate, paste } from "./clipboard";
import type { Graph } from "./document";
import { expose, offeredBy, renameExposed, unexpose } from "./exposed";
import { catalog, examples, from, graphOf, node } from "./fixtures";
import { addFrame } from "./frames";
import { autoLayout } from "./layout";
import { isLink, splitAddress } from "./links";
import { addNode, removeNodes, renameNode, setNote, setState } from "./nodes";
import { applyPatch, diff } from "./patch";
import { addBend, moveNodes, setCollapsed } from "./places";
import { addInstance, definitionsOf, renameDefinition } from "./definitions";
import { makeSubgraph } from "./makeSubgraph";
import { unpack } from "./unpack";
import { clearInput, setInput } from "./values";
import { wiresOf } from "./wires";
import { connect, disconnect } from "./wiring";

/** Numbers that look random and are the same every time (mulberry32). */
function numbers(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(items: readonly T[]): T | undefined => items[below(items.length)];
  const some = <T>(items: readonly T[]) => items.filter(() => next() < 0.4);
  return { below, pick, some };
}

type Numbers = ReturnType<typeof numbers>;
type Operation = (graph: Graph, scope: Scope, random: Numbers) => Graph;

const names = (graph: Graph, scope: Scope) =>
  Object.keys(bodies(graph).find((it) => it.scope === scope)?.body.nodes ?? {});
const outcome = (graph: Graph, result: { ok: true; graph: Graph } | { ok: false }) =>
  result.ok ? result.graph : graph;
const size = () => [200, 100] as const;

const OPERATIONS: Record<string, Operation> = {
  add: (graph, scope, { pick, below }) =>
    addNode(graph, scope, pick(catalog.all())?.id ?? "", [below(900), below(900)]).graph,
  remove: (graph, scope, { pick }) => removeNodes(graph, scope, [pick(names(graph, scope)) ?? ""]),
  rename: (graph, scope, { pick, below }) =>
    outcome(graph, renameNode(graph, scope, pick(names(graph, scope)) ?? "", `node ${below(20)}`)),
  set: (graph, scope, { pick, below }) => {
    const plain = names(graph, scope).filter((name) => !nodeOf(graph, scope, name)?.type.startsWith("#"));
    return setInput(graph, scope, pick(plain) ?? "", "amount", below(9) / 10);
  },
  clear: (graph, scope, { pick }) => {
    const name = pick(names(graph, scope)) ?? "";
    const node = bodies(graph).find((it) => it.scope === scope)?.body.nodes[name];
    return clearInput(graph, scope, name, pick(Object.keys(node?.inputs ?? {})) ?? "");
  },
  connect: (graph, scope, { pick }) => {
    const ports = (name: string) =>
      catalog.definition(bodies(graph).find((it) => it.scope === scope)?.body.nodes[name]?.type ?? "");
    const [source, target] = [pick(names(graph, scope)) ?? "", pick(names(graph, scope)) ?? ""];
    const output = pick(ports(source)?.outputs ?? [])?.name ?? "x";
    const input = pick(ports(target)?.inputs ?? [])?.name ?? "x";
    return connect(graph, scope, { node: source, output }, { node: target, input }, catalog);
  },
  disconnect: (graph, scope, { some }) => {
    const body = bodies(graph).find((it) => it.scope === scope)?.body;
    return disconnect(
      graph,
      scope,
      some(body ? wiresOf(body) : []).map((wire) => wire.id),
    );
  },
  bend: (graph, scope, { pick, below }) => {
    const body = bodies(graph).find((it) => it.scope === scope)?.body;
    const wire = pick(body ? wiresOf(body) : []);
    return wire ? addBend(graph, scope, wire.id, [below(900), below(900)]) : graph;
  },
  move: (graph, scope, { pick, below }) =>
    moveNodes(graph, scope, { [pick(names(graph, scope)) ?? ""]: [below(900), below(900)] }),
  fold: (graph, scope, { some, below }) => setCollapsed(graph, scope, some(names(graph, scope)), below(2) === 0),
  mute: (graph, scope, { some, pick }) =>
    setState(graph, scope, some(names(graph, scope)), pick(["normal", "muted", "bypassed"] as const) ?? "normal"),
  note: (graph, scope, { pick, below }) =>
    setNote(graph, scope, pick(names(graph, scope)) ?? "", below(2) ? "a note" : ""),
  align: (graph, scope, { some }) => align(graph, scope, some(names(graph, scope)), "left", size),
  layout: (graph, scope, { some }) => autoLayout(graph, scope, some(names(graph, scope)), size),
  frame: (graph, scope, { below }) => addFrame(graph, scope, "frame", [below(900), below(900), 300, 300]).graph,
  copy: (graph, scope, { some, below }) =>
    outcome(graph, paste(graph, scope, copy(graph, scope, some(names(graph, scope))), [below(900), 0])),
  duplicate: (graph, scope, { some }) => duplicate(graph, scope, some(names(graph, scope)).slice(0, 3)).graph,
  expose: (graph, scope, { pick }) => {
    const body = bodies(graph).find((it) => it.scope === scope)?.body;
    const wire = pick(body ? wiresOf(body) : []);
    return wire === undefined
      ? graph
      : expose(graph, scope, wire.from.node.length % 2 ? wire.from : { node: wire.to.node, input: wire.to.input })
          .graph;
  },
  offer: (graph, scope, { pick, below }) => {
    const offered = pick(offeredBy(graph, scope));
    if (offered === undefined) return graph;
    return below(2)
      ? unexpose(graph, scope, offered.name, offered.direction)
      : outcome(graph, renameExposed(graph, scope, offered.name, `offer ${below(9)}`, offered.direction));
  },
  pack: (graph, scope, { some }) =>
    outcome(graph, makeSubgraph(graph, scope, some(names(graph, scope)).slice(0, 4), "Part", catalog)),
  unpack: (graph, scope, { pick }) => outcome(graph, unpack(graph, scope, pick(names(graph, scope)) ?? "")),
  instance: (graph, scope, { pick, below }) =>
    outcome(graph, addInstance(graph, scope, pick(definitionsOf(graph)) ?? "", [below(900), 0])),
  redefine: (graph, _scope, { pick, below }) =>
    outcome(graph, renameDefinition(graph, pick(definitionsOf(graph)) ?? "", `Def ${below(9)}`)),
};

/** Everything in the graph that this version does not know, by its place where it cannot move. */
const odd = graphOf(
  {
    odd: node(
      "acme.tone/Unknown",
      { curve: { points: [[0, 1]] }, seed: "18446744073709551615", list: [1, { deep: null }] },
      { "x-node": { a: 1 } },
    ),
    user: node("acme.tone/Other", { picture: from("odd.picture"), "with.dot": true }),
    photo: node("image/LoadImage", { file: "cup.png" }),
    invert: node("image/Invert", { image: from("photo.image") }),
    save: node("image/SaveImage", { image: from("invert.image") }),
  },
  {
    "x-top": [1, { b: 2 }],
    requires: { "acme.tone": "^3" },
    layout: {
      photo: [0, 0],
      odd: [50, 50],
      notes: { later: "perhaps" },
      frames: { A: { rect: [0, 0, 9, 9], "x-frame": 1 } },
    },
    definitions: {
      Kept: { nodes: { inner: node("acme/Inner", { v: 1 }, { "x-inner": 2 }) }, "x-definition": 3 } as never,
    },
  },
);

/** Whatever points at a node or a port that is not there. */
function dangling(graph: Graph): string[] {
  return bodies(graph).flatMap(({ scope, body }) => {
    const missing = (address: string) => !Object.hasOwn(body.nodes, splitAddress(address)?.[0] ?? "");
    const links = wiresOf(body).map((wire) => `${wire.from.node}.${wire.from.output}`);
    const offers = offeredBy(graph, scope).map((it) => `${it.node}.${it.port}`);
    const wires = new Set(wiresOf(body).map((wire) => wire.id));
    const places = Object.keys(body.layout ?? {}).filter((key) => {
      if (key === "frames" || key === "notes") return false;
      return splitAddress(key) === undefined ? !Object.hasOwn(body.nodes, key) : !wires.has(key);
    });
    return [...links.filter(missing), ...offers.filter(missing), ...places].map((it) => `${scope ?? ""}: ${it}`);
  });
}

function instancePorts(graph: Graph): string[] {
  return bodies(graph).flatMap(({ body }) =>
    Object.entries(body.nodes).flatMap(([name, { type, inputs }]) => {
      const definition = type.startsWith("#") ? graph.definitions?.[type.slice(1)] : undefined;
      if (definition === undefined) return type.startsWith("#") ? [`${name}: ${type}`] : [];
      return Object.keys(inputs ?? {})
        .filter((input) => !Object.hasOwn(definition.inputs ?? {}, input))
        .map((input) => `${name}.${input}`);
    }),
  );
}

function hasCircle(graph: Graph): boolean {
  return bodies(graph).some(({ body }) => {
    const needs = new Map(Object.keys(body.nodes).map((name) => [name, new Set<string>()]));
    for (const wire of wiresOf(body)) needs.get(wire.to.node)?.add(wire.from.node);
    for (let left = -1; left !== needs.size;) {
      left = needs.size;
      for (const [name, needed] of needs) if (![...needed].some((it) => needs.has(it))) needs.delete(name);
    }
    return needs.size > 0;
  });
}

/** Makes it an error to change anything in place. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

describe.each([["odd", odd], ...Object.entries(examples)] as const)("%s", (_, start) => {
  test.each([1, 2, 3, 4, 5, 6])(
    "sixty random operations (seed %i) leave a sound graph, and each can be undone",
    (seed) => {
      const random = numbers(seed);
      let graph = frozen(start);
      const patches: { before: Graph; patch: ReturnType<typeof diff> }[] = [];
      for (let step = 0; step < 60; step++) {
        const [name, operation] = random.pick(Object.entries(OPERATIONS)) ?? ["none", (it: Graph) => it];
        const scope = random.pick([null, null, ...definitionsOf(graph)]) ?? null;
        const after = frozen(operation(graph, scope, random));
        const place = `step ${step}: ${name} in ${scope ?? "the graph"}`;
        expect(dangling(after), place).toEqual([]);
        expect(instancePorts(after), place).toEqual([]);
        expect(hasCircle(after), place).toBe(false);
        expect(applyPatch(graph, diff(graph, after)), place).toEqual(after);
        patches.push({ before: graph, patch: diff(after, graph) });
        graph = after;
      }
      let back = graph;
      for (const { before, patch } of patches.reverse()) {
        back = applyPatch(back, patch);
        expect(back).toEqual(before);
      }
      expect(back).toEqual(start);
    },
  );
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])("unknown nodes and fields survive sixty operations on others (seed %i)", (seed) => {
  const random = numbers(seed);
  const harmless = Object.entries(OPERATIONS).filter(
    ([name]) =>
      ![
        "remove",
        "rename",
        "set",
        "clear",
        "mute",
        "note",
        "connect",
        "disconnect",
        "pack",
        "unpack",
        "redefine",
        "offer",
      ].includes(name),
  );
  let graph = frozen(odd);
  for (let step = 0; step < 60; step++)
    graph = frozen((random.pick(harmless)?.[1] ?? ((it) => it))(graph, null, random));
  expect(graph.nodes["odd"]).toBe(odd.nodes["odd"]);
  expect(graph.nodes["user"]).toBe(odd.nodes["user"]);
  expect(graph["x-top"]).toBe(odd["x-top"]);
  expect(graph.requires).toMatchObject({ "acme.tone": "^3" });
  expect(graph.layout?.["notes"]).toEqual({ later: "perhaps" });
  expect(graph.layout?.frames?.["A"]).toMatchObject({ "x-frame": 1 });
  expect(graph.definitions?.["Kept"]).toBe(odd.definitions?.["Kept"]);
});

test("a subgraph made of unknown nodes keeps everything of them", () => {
  const packed = makeSubgraph(odd, null, ["odd", "user"], "Part", catalog);
  if (!packed.ok) throw new Error(packed.reason);
  expect(packed.graph.definitions?.["Part"]?.nodes).toEqual({ odd: odd.nodes["odd"], user: odd.nodes["user"] });
  const back = unpack(packed.graph, null, packed.instance);
  expect(back.ok && back.graph.nodes).toEqual(odd.nodes);
  expect(isLink(back.ok && back.graph.nodes["user"]?.inputs?.["picture"])).toBe(true);
});
