import { expect, it } from "vitest";
import type { Model } from "../api/contract";
import { modelsFor } from "./models";

const models = [{ name: "kontext", role: "transformer" }, { name: "ink", role: "lora" }, { name: "unread" }] as Model[];

it("offers LoRAs where one is asked for, and nowhere else", () => {
  expect(modelsFor("lora", models).map(({ name }) => name)).toEqual(["ink", "unread"]);
  expect(modelsFor("model", models).map(({ name }) => name)).toEqual(["kontext", "unread"]);
});
