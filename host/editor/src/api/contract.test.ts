/** Most of it is compared when the editor is type-checked: a wrong type would not compile. */
import { expect, expectTypeOf, test } from "vitest";
import type { Graph, Json } from "../graph/document";
import { nodesInfo } from "../graph/fixtures";
import type {
  ApiError,
  Asset,
  Export,
  Imported,
  NewRun,
  NodeDefinition,
  Plugin,
  Port,
  Problem,
  Run,
  RunSummary,
  SavedGraph,
  ServerEvent,
  Validated,
  ValueInfo,
} from "./contract";

test("absent fields are absent, never null", () => {
  expectTypeOf<RunSummary["started_at"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<RunSummary["status"]>().toEqualTypeOf<
    "queued" | "running" | "finished" | "failed" | "cancelled" | "interrupted"
  >();
  expectTypeOf<ApiError["current_version"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<ValueInfo["asset"]>().toEqualTypeOf<{ [Field in keyof Asset]: Asset[Field] } | undefined>();
  expectTypeOf<Plugin["kind"]>().toEqualTypeOf<"native" | "component" | undefined>();
});

test("graphs are documents and values any JSON", () => {
  expectTypeOf<SavedGraph["graph"]>().toEqualTypeOf<Graph>();
  expectTypeOf<NonNullable<SavedGraph["draft"]>["graph"]>().toEqualTypeOf<Graph>();
  expectTypeOf<NewRun["graph"]>().toEqualTypeOf<Graph>();
  expectTypeOf<Run["graph"]>().toEqualTypeOf<Graph>();
  expectTypeOf<Validated["graph"]>().toEqualTypeOf<Graph | undefined>();
  expectTypeOf<NewRun["set"]>().toEqualTypeOf<Record<string, Json> | undefined>();
  expectTypeOf<Extract<ServerEvent, { type: "run" }>["run"]>().toExtend<RunSummary>();
  expectTypeOf<Extract<ServerEvent, { type: "log" }>["level"]>().toEqualTypeOf<"debug" | "info" | "warn" | "error">();
  expectTypeOf<ValueInfo["value"]>().toEqualTypeOf<Json | undefined>();
});

test("what is inside is described as closely as outside", () => {
  expectTypeOf<Imported["problems"][number]>().toExtend<Problem>();
  expectTypeOf<Run["nodes"][string]["state"]>().toEqualTypeOf<
    "queued" | "running" | "cached" | "finished" | "failed" | "cancelled" | "skipped"
  >();
  expectTypeOf<Export["format"]>().toEqualTypeOf<"json" | "png" | "bundle">();
  expectTypeOf<Problem["severity"]>().toEqualTypeOf<"error" | "warning">();
});

/** Every field of a definition, and of a port; one too many or too few does not compile. */
const DEFINITION: Record<keyof NodeDefinition, true> = {
  id: true,
  title: true,
  category: true,
  version: true,
  description: true,
  deterministic: true,
  concurrency: true,
  requires: true,
  sink: true,
  bypass: true,
  inputs: true,
  outputs: true,
  unavailable: true,
};
const PORT: Record<keyof Port, true> = {
  name: true,
  kind: true,
  also: true,
  title: true,
  default: true,
  range: true,
  soft_range: true,
  step: true,
  unit: true,
  widget: true,
  tooltip: true,
  choices: true,
  advanced: true,
  optional: true,
  list: true,
  hint: true,
};

test("the bundled plugins declare no field that the types do not have", () => {
  const ports = nodesInfo.nodes.flatMap((node) => [...node.inputs, ...node.outputs]);
  const unknown = (values: readonly object[], known: object) =>
    values.flatMap((value) => Object.keys(value)).filter((field) => !Object.hasOwn(known, field));
  expect(unknown(nodesInfo.nodes, DEFINITION)).toEqual([]);
  expect(unknown(ports, PORT)).toEqual([]);
});
