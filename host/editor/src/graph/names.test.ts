import { describe, expect, test } from "vitest";
import { freshName, nameForType, nameProblem, nodeNameProblem, numbered } from "./names";

describe("names", () => {
  test.each(["photo", "T5 text", "写真", "صورة", "हिन्दी", "a-b_c", "7", "café+", "🖼️", "constructor", "__proto__"])(
    "%s is allowed",
    (name) => expect(nameProblem(name)).toBeUndefined(),
  );

  test.each(["", " a", "a ", "a.b", "a/b", "#a", "a=b", 'a"b', "a\nb", "a\u202eb", "a\\b", "a[0]", "x".repeat(101)])(
    "%j is refused with a sentence",
    (name) => expect(nameProblem(name)).toMatch(/^A name .*\.$/),
  );

  test("a hundred characters beyond the basic plane are allowed", () => {
    expect(nameProblem("😀".repeat(100))).toBeUndefined();
    expect(nameProblem("😀".repeat(101))).toContain("101");
  });

  test("only a node cannot be called frames", () => {
    expect(nameProblem("frames")).toBeUndefined();
    expect(nodeNameProblem("frames")).toContain("frames");
  });

  test.each([
    ["kontext/VAEDecode", "vae-decode"],
    ["kontext/T5Encode", "t5-encode"],
    ["kontext/CLIPEncode", "clip-encode"],
    ["image/LoadImage", "load-image"],
    ["text/Text", "text"],
    ["acme.tone/Levels", "levels"],
    ["#Relight it", "Relight it"],
    ["odd/frames", "frames-2"],
    ["odd/", "node"],
  ])("a node of type %s is called %s", (type, name) => expect(nameForType(type)).toBe(name));

  test("a taken name gets the smallest free number", () => {
    const taken = new Set(["text", "text-2", "text-9"]);
    const isTaken = (name: string) => taken.has(name);
    expect(freshName("photo", isTaken)).toBe("photo");
    expect(freshName("text", isTaken)).toBe("text-3");
    expect(freshName("text-9", isTaken)).toBe("text-3");
    expect(freshName("a.b", isTaken)).toBe("ab");
    expect(numbered("a.b", (it) => it === "a.b")).toBe("a.b-2");
  });

  test("a numbered name stays within the limit", () => {
    const name = "x".repeat(100);
    expect(freshName(name, (it) => it === name)).toBe(`${"x".repeat(98)}-2`);
  });
});
