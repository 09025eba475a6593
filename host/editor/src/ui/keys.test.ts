import { expect, it } from "vitest";
import { matches } from "./keys";

const press = (
  key: string,
  modifiers: Partial<{ ctrlKey: boolean; shiftKey: boolean; altKey: boolean; code: string }> = {},
) => ({
  key,
  code: "",
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...modifiers,
});

it("wants all modifiers of a chord and no others", () => {
  expect(matches(press("z", { ctrlKey: true }), "Mod+Z")).toBe(true);
  expect(matches(press("Z", { ctrlKey: true, shiftKey: true }), "Mod+Z")).toBe(false);
  expect(matches(press("Z", { ctrlKey: true, shiftKey: true }), "Mod+Shift+Z")).toBe(true);
  expect(matches(press("z"), "Mod+Z")).toBe(false);
});

it("takes signs as they are typed, with Shift or without", () => {
  expect(matches(press("?", { shiftKey: true }), "?")).toBe(true);
  expect(matches(press("+", { shiftKey: true }), "+")).toBe(true);
  expect(matches(press("+"), "+")).toBe(true);
});

it("finds letters by their place where Alt changes what they type", () => {
  expect(matches(press("©", { altKey: true, code: "KeyC" }), "Alt+C")).toBe(true);
});
