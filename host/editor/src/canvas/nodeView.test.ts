import { describe, expect, it } from "vitest";
import { Catalog } from "../graph/catalog";
import type { Graph } from "../graph/document";
import { setInput } from "../graph/values";
import { wiresOf } from "../graph/wires";
import { Flow, frameId, frameTitle } from "./flow";
import { faultsOf, NodeViews } from "./nodeView";
import type { ViewOptions } from "./nodeView";

const catalog = new Catalog([
  {
    id: "image/Invert",
    category: "image/adjust",
    version: 1,
    deterministic: true,
    concurrency: "parallel",
    inputs: [
      { name: "image", kind: "image" },
      { name: "amount", kind: "float", default: 1 },
    ],
    outputs: [{ name: "image", kind: "image" }],
  },
]);

const graph: Graph = {
  format: "wirebrush/graph",
  version: 1,
  nodes: {
    a: { type: "image/Invert" },
    b: { type: "image/Invert", inputs: { image: { from: "a.image" }, stray: 1 } },
    c: { type: "acme/Glow", inputs: { image: { from: "b.image" }, radius: 4 } },
  },
  layout: { a: [0, 0], b: [300, 0], c: [600, 0] },
};

const options: ViewOptions = { advancedOpen: new Set(), pictured: new Set(), faults: new Map() };
const none = new Set<string>();

describe("views", () => {
  it("stay the same objects for nodes that did not change", () => {
    const views = new NodeViews();
    const before = views.of(graph, null, catalog, options);
    const after = views.of(setInput(graph, null, "b", "amount", 0.5), null, catalog, options);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(after[2]).toBe(before[2]);
  });

  it("show inputs the type does not have, so that nothing of a file is hidden", () => {
    const view = new NodeViews().of(graph, null, catalog, options)[1];
    expect(view?.inputs.map((port) => port.name)).toEqual(["image", "amount", "stray"]);
  });

  it("show nodes of unknown types with their values and wires", () => {
    const view = new NodeViews().of(graph, null, catalog, options)[2];
    expect(view?.known).toBe(false);
    expect(view?.layout.handles.map((handle) => handle.id).sort()).toEqual(["image", "radius"]);
  });

  it("stand apart when the document has no places", () => {
    const { layout: _, ...unplaced } = graph;
    const places = new NodeViews()
      .of(unplaced, null, catalog, options)
      .map((view) => `${view.position.x},${view.position.y}`);
    expect(new Set(places).size).toBe(3);
  });
});

describe("nodes and edges for the canvas", () => {
  it("stay the same objects while something else moves", () => {
    const flow = new Flow();
    const views = new NodeViews().of(graph, null, catalog, options);
    const before = flow.nodes(views, {}, none, none, new Map());
    const after = flow.nodes(views, {}, none, none, new Map([["b", { x: 310, y: 5 }]]));
    expect(after[0]).toBe(before[0]);
    expect(after[1]?.position).toEqual({ x: 310, y: 5 });
    const edges = flow.edges(wiresOf(graph), views, none);
    expect(flow.edges(wiresOf(graph), views, none)).toEqual(edges);
    expect(flow.edges(wiresOf(graph), views, none)[0]).toBe(edges[0]);
  });

  it("leave out wires whose ports are nowhere", () => {
    const broken = setInput(graph, null, "b", "image", { from: "a.nothing" });
    const views = new NodeViews().of(broken, null, catalog, options);
    expect(new Flow().edges(wiresOf(broken), views, none).map((edge) => edge.id)).toEqual(["c.image"]);
  });

  it("tell frames from nodes", () => {
    expect(frameTitle(frameId("A.b"))).toBe("A.b");
    expect(frameTitle("frame")).toBeUndefined();
  });
});

describe("faults", () => {
  const problem = (path: string) => ({
    severity: "error" as const,
    code: "x",
    path,
    expected: "an image",
    found: "nothing",
  });

  it("go to the node and the input their path names, in the scope that is edited", () => {
    const problems = [problem("nodes.b.inputs.image"), problem("definitions.Glow.nodes.b"), problem("")];
    expect([...faultsOf(problems, null, [])]).toEqual([
      ["b", [{ severity: "error", text: "expected an image, found nothing", input: "image" }]],
    ]);
    expect([...faultsOf(problems, "Glow", []).keys()]).toEqual(["b"]);
  });

  it("name the input of an item of a list", () => {
    expect(faultsOf([problem("nodes.b.inputs.references[0]")], null, []).get("b")?.[0]?.input).toBe("references");
  });

  it("include what failed in the last run", () => {
    expect(faultsOf([], null, [{ node: "a", error: "Too dark.", port: "image" }]).get("a")).toEqual([
      { severity: "error", text: "Too dark.", input: "image" },
    ]);
  });

  it("name the input of a failure once", () => {
    const failure = { node: "a", error: "input `image`: expected color", port: "image" };
    expect(faultsOf([], null, [failure]).get("a")).toEqual([
      { severity: "error", text: "expected color", input: "image" },
    ]);
    expect(faultsOf([], null, [{ ...failure, port: "amount" }]).get("a")?.[0]?.text).toBe(failure.error);
  });
});
