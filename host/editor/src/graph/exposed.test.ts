import { describe, expect, test } from "vitest";
import { bodyOf } from "./body";
import type { Graph } from "./document";
import { expose, offeredBy, renameExposed, unexpose } from "./exposed";
import { chain, from, graphOf, node, recolor } from "./fixtures";

describe("what a graph offers", () => {
  test("is listed by name, inputs and outputs, in every way of writing", () => {
    const graph = {
      ...chain,
      exposed: { z: "photo.file", a: { input: "invert.amount", "x-group": 1 }, out: from("invert.image") },
    };
    expect(offeredBy(graph, null)).toEqual([
      { name: "a", direction: "input", node: "invert", port: "amount" },
      { name: "out", direction: "output", node: "invert", port: "image" },
      { name: "z", direction: "input", node: "photo", port: "file" },
    ]);
  });

  test("a port is offered once, by its own name or one that is free", () => {
    const first = expose(chain, null, { node: "invert", input: "image" });
    expect(first.name).toBe("image");
    const second = expose(first.graph, null, { node: "save", input: "image" });
    expect(second.name).toBe("save-image");
    const output = expose(second.graph, null, { node: "invert", output: "image" }, "result");
    expect(output.graph.exposed).toEqual({
      image: "invert.image",
      "save-image": "save.image",
      result: from("invert.image"),
    });
    expect(expose(output.graph, null, { node: "save", input: "image" }, "other")).toEqual({
      graph: output.graph,
      name: "save-image",
    });
  });

  test("is renamed and taken back, unknown fields kept", () => {
    const graph = { ...chain, exposed: { a: { input: "invert.amount", "x-group": 1 } } };
    const renamed = renameExposed(graph, null, "a", "strength");
    expect(renamed).toEqual({
      ok: true,
      graph: { ...chain, exposed: { strength: { input: "invert.amount", "x-group": 1 } } },
    });
    expect(renameExposed(recolor, null, "seed", "steps")).toEqual({
      ok: false,
      reason: "Something is offered as “steps” already.",
    });
    expect(renameExposed(recolor, null, "seed", "a=b")).toMatchObject({ ok: false });
    expect(unexpose(graph, null, "a")).toEqual(chain);
    expect(unexpose(graph, null, "b")).toBe(graph);
  });
});

describe("what a subgraph offers", () => {
  const graph: Graph = graphOf(
    {
      fade: node("#Fade", { strength: 0.5, picture: from("photo.image") }),
      photo: node("image/LoadImage"),
      save: node("image/SaveImage", { image: from("fade.image") }),
    },
    {
      exposed: { strength: "fade.strength", out: from("fade.image") },
      layout: { "fade.picture": [[1, 2]] },
      definitions: {
        Fade: {
          inputs: { strength: "invert.amount", picture: "invert.image" },
          outputs: { image: from("invert.image") },
          nodes: { invert: node("image/Invert") },
        },
        Outer: { inputs: { s: ["inner.strength"] }, outputs: {}, nodes: { inner: node("#Fade", { strength: 1 }) } },
      },
    },
  );

  test("an input that is renamed keeps the instances' values, wires, bends and offers", () => {
    const renamed = renameExposed(graph, "Fade", "strength", "amount");
    const both = renamed.ok ? renameExposed(renamed.graph, "Fade", "picture", "photo") : renamed;
    if (!both.ok) throw new Error(both.reason);
    expect(both.graph.nodes["fade"]?.inputs).toEqual({ amount: 0.5, photo: from("photo.image") });
    expect(both.graph.exposed).toEqual({ strength: "fade.amount", out: from("fade.image") });
    expect(both.graph.layout).toEqual({ "fade.photo": [[1, 2]] });
    expect(both.graph.definitions?.["Outer"]).toMatchObject({ inputs: { s: ["inner.amount"] } });
    expect(both.graph.definitions?.["Outer"]?.nodes["inner"]?.inputs).toEqual({ amount: 1 });
  });

  test("an output that is renamed keeps the wires from it", () => {
    const renamed = renameExposed(graph, "Fade", "image", "faded", "output");
    expect(renamed.ok && renamed.graph.nodes["save"]?.inputs).toEqual({ image: from("fade.faded") });
    expect(renamed.ok && renamed.graph.exposed?.["out"]).toEqual(from("fade.faded"));
  });

  test("a port that is taken back leaves nothing behind", () => {
    const without = unexpose(unexpose(graph, "Fade", "strength"), "Fade", "image", "output");
    expect(without.nodes["fade"]?.inputs).toEqual({ picture: from("photo.image") });
    expect(without.nodes["save"]).toEqual({ type: "image/SaveImage" });
    expect(without.exposed).toBeUndefined();
    expect(bodyOf(without, "Outer")).toEqual({ outputs: {}, nodes: { inner: node("#Fade") } });
  });

  test("a port that is taken back goes through all subgraphs that offered it", () => {
    const nested = { ...graph, nodes: { ...graph.nodes, outer: node("#Outer", { s: 0.25 }) } };
    const without = unexpose(nested, "Fade", "strength");
    expect(without.definitions?.["Outer"]).not.toHaveProperty("inputs");
    expect(without.nodes["outer"]).toEqual({ type: "#Outer" });
  });

  test("an inner port is offered without touching instances", () => {
    const { graph: offered, name } = expose(graph, "Fade", { node: "invert", output: "image" }, "again");
    expect(name).toBe("image");
    expect(offered).toBe(graph);
  });
});
