import { expect, it } from "vitest";
import { controlFor } from "./choose";

it("takes the widget a port asks for when it suits the kind", () => {
  expect(controlFor({ name: "seed", kind: "int", widget: "seed" })).toBe("seed");
  expect(controlFor({ name: "text", kind: "text", widget: "textarea" })).toBe("textarea");
});

it("falls back to the kind for a widget that is unknown or does not suit", () => {
  expect(controlFor({ name: "x", kind: "int", widget: "knob" })).toBe("number");
  expect(controlFor({ name: "x", kind: "bool", widget: "slider" })).toBe("switch");
  expect(controlFor({ name: "x", kind: "text", widget: "toString" })).toBe("text");
});

it("draws a number with a whole soft range as a slider", () => {
  expect(controlFor({ name: "x", kind: "float", soft_range: { min: 0, max: 1 } })).toBe("slider");
  expect(controlFor({ name: "x", kind: "float", soft_range: { min: 0 } })).toBe("number");
});

it("has no control for values that only come through wires", () => {
  for (const kind of ["image", "mask", "tensor", "any", "kontext/latent@1"]) {
    expect(controlFor({ name: "x", kind })).toBeUndefined();
  }
});
