/** Types are compared when the editor is type-checked; here a wrong one would not compile. */
import { expectTypeOf, test } from "vitest";
import type { Graph, Json } from "../graph/document";
import type { ApiError, Asset, Export, Imported, NewRun, Plugin, Problem, Run, RunSummary, SavedGraph, Validated, ValueInfo } from "./contract";

test("absent fields are absent, never null", () => {
  expectTypeOf<RunSummary["started_at"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<RunSummary["status"]>().toEqualTypeOf<"queued" | "running" | "finished" | "failed" | "cancelled" | "interrupted">();
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
  expectTypeOf<ValueInfo["value"]>().toEqualTypeOf<Json | undefined>();
});

test("what is inside is described as closely as outside", () => {
  expectTypeOf<Imported["problems"]>().toEqualTypeOf<Problem[]>();
  expectTypeOf<Run["nodes"][string]["state"]>().toEqualTypeOf<
    "queued" | "running" | "cached" | "finished" | "failed" | "cancelled" | "skipped"
  >();
  expectTypeOf<Export["format"]>().toEqualTypeOf<"json" | "png" | "bundle">();
  expectTypeOf<Problem["severity"]>().toEqualTypeOf<"error" | "warning">();
});
