import { describe, expect, test } from "vitest";
import { nodeOf } from "./body";
import { portsOf } from "./catalog";
import type { Graph } from "./document";
import { catalog, from, graphOf, node, recolor } from "./fixtures";

function named(graph: Graph, name: string) {
  const found = nodeOf(graph, null, name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return portsOf(graph, found, catalog);
}

describe("ports", () => {
  test("a known type has what its plugin declares, as the same object each time", () => {
    const ports = named(recolor, "sample");
    expect(ports.known).toBe(true);
    expect(ports.title).toBe("Flow Sample");
    expect(ports.inputs.find((port) => port.name === "references")?.list).toBe(true);
    expect(named(recolor, "sample")).toBe(ports);
  });

  test("an unknown type has the inputs that are set and the outputs that are used", () => {
    const graph = graphOf(
      {
        odd: node("acme/Odd", { strength: 3, pictures: [from("photo.image")], "a.b": "text" }),
        photo: node("image/LoadImage"),
        save: node("image/SaveImage", { image: from("odd.picture") }),
        twin: node("acme/Odd"),
      },
      { exposed: { more: { from: "odd.extra" } } },
    );
    expect(named(graph, "odd")).toEqual({
      inputs: [
        { name: "strength", kind: "any", optional: true },
        { name: "pictures", kind: "any", optional: true, list: true },
        { name: "a.b", kind: "any", optional: true },
      ],
      outputs: [
        { name: "extra", kind: "any", optional: true },
        { name: "picture", kind: "any", optional: true },
      ],
      title: "Odd",
      known: false,
    });
    expect(named(graph, "twin").outputs).toEqual([]);
  });

  const fade = {
    inputs: { picture: ["invert.image", "blend.base"], strength: "invert.amount", wired: "blend.top", lost: "gone.x" },
    outputs: { image: { from: "blend.image" }, plain: "invert.image", lost: "gone.x" },
    nodes: {
      invert: node("image/Invert", { amount: 0.25 }),
      blend: node("image/Composite", { top: from("invert.image") }),
    },
  };

  test("an instance has the ports of its subgraph, with the values inside as defaults", () => {
    const graph = graphOf({ fade: node("#Fade") }, { definitions: { Fade: fade } });
    const { inputs, outputs, known, title } = named(graph, "fade");
    expect({ known, title }).toEqual({ known: true, title: "Fade" });
    expect(inputs.map((port) => [port.name, port.kind])).toEqual([
      ["lost", "any"],
      ["picture", "image"],
      ["strength", "float"],
      ["wired", "image"],
    ]);
    expect(inputs.find((port) => port.name === "strength")).toMatchObject({ default: 0.25, range: { min: 0, max: 1 } });
    expect(inputs.find((port) => port.name === "wired")?.optional).toBe(true);
    expect(outputs.map((port) => [port.name, port.kind])).toEqual([
      ["image", "image"],
      ["lost", "any"],
      ["plain", "image"],
    ]);
  });

  test("ports go through subgraphs in subgraphs", () => {
    const outer = { inputs: { strength: "inner.strength" }, outputs: {}, nodes: { inner: node("#Fade") } };
    const graph = graphOf({ it: node("#Outer") }, { definitions: { Fade: fade, Outer: outer } });
    expect(named(graph, "it").inputs).toMatchObject([{ name: "strength", kind: "float", default: 0.25 }]);
  });

  test("a subgraph that contains itself is unknown, and so is one that is missing", () => {
    const self = { nodes: { again: node("#Self") }, inputs: { x: "again.x" } };
    const graph = graphOf({ a: node("#Self", { x: 1 }), b: node("#Missing") }, { definitions: { Self: self } });
    expect(named(graph, "b").known).toBe(false);
    expect(named(graph, "a").inputs.map((port) => port.kind)).toEqual(["any"]);
  });
});
