import { expect, it } from "vitest";

import type { Model, Problem } from "../../api/contract";
import type { Graph } from "../../graph/document";
import { missingModels, replaceModel, substitutesFor } from "./missingModels";

const graph: Graph = {
  format: "wirebrush/graph",
  version: 1,
  models: { gone: { blake3: "00", role: "set", family: "FLUX.1" } },
  nodes: {
    t5: { type: "kontext/T5Encode", inputs: { model: "gone" } },
    vae: { type: "kontext/VAEDecode", inputs: { model: "here" } },
  },
  definitions: { Inner: { nodes: { clip: { type: "kontext/CLIPEncode", inputs: { model: "gone" } } } } },
};

function missing(path: string, severity: Problem["severity"] = "error"): Problem {
  return { code: "missing-model", severity, path, expected: "a model that is here", found: "`gone`" };
}

const problems = [
  missing("nodes.t5.inputs.model"),
  missing("definitions.Inner.nodes.clip.inputs.model"),
  missing("nodes.vae.inputs.model", "warning"),
];

it("names each missing model once, with every input that asks for it", () => {
  const [gone, ...others] = missingModels(problems, graph);
  expect(others).toEqual([]);
  expect(gone?.name).toBe("gone");
  expect(gone?.places.map(({ node }) => node)).toEqual(["t5", "clip"]);
});

it("offers models of the same role and family", () => {
  const models: Model[] = [
    { name: "tiny", bytes: 1, role: "set", family: "FLUX.1" },
    { name: "ae", bytes: 1, role: "vae", family: "FLUX.1" },
    { name: "other", bytes: 1, role: "set", family: "FLUX.2" },
  ];
  expect(substitutesFor("gone", graph, models).map(({ name }) => name)).toEqual(["tiny"]);
  expect(substitutesFor("unknown", graph, models)).toEqual([]);
});

it("puts a model in every place of a missing one, inside subgraphs too", () => {
  const places = missingModels(problems, graph).flatMap((model) => model.places);
  const changed = replaceModel(graph, places, "tiny");
  expect(changed.nodes["t5"]?.inputs).toEqual({ model: "tiny" });
  expect(changed.definitions?.["Inner"]?.nodes["clip"]?.inputs).toEqual({ model: "tiny" });
  expect(changed.nodes["vae"]?.inputs).toEqual({ model: "here" });
});
