import { describe, expect, it } from "vitest";
import { fractionOf, integerJson, integerOf, nudge, numberText, parseNumber, rangeText, slideBy } from "./numbers";

const int = { kind: "int" };
const seed = { kind: "int", range: { min: 0, max: "18446744073709551615" } };
const steps = { kind: "int", range: { min: 1, max: 100 }, soft_range: { min: 1, max: 50 } };
const guidance = { kind: "float", range: { min: 1, max: 10 }, soft_range: { min: 1, max: 5 }, step: 0.1 };

describe("parseNumber", () => {
  it("reads integers exactly to 64 bits", () => {
    expect(parseNumber("18446744073709551615", seed)).toEqual({ ok: true, value: "18446744073709551615" });
    expect(parseNumber("9007199254740993", int)).toEqual({ ok: true, value: "9007199254740993" });
    expect(parseNumber("-9223372036854775808", int)).toEqual({ ok: true, value: "-9223372036854775808" });
  });

  it("writes integers that every program reads exactly as plain numbers", () => {
    expect(parseNumber("9007199254740991", int)).toEqual({ ok: true, value: 9007199254740991 });
    expect(parseNumber("+7", int)).toEqual({ ok: true, value: 7 });
  });

  it("refuses what is out of the hard range, but not what is out of the soft one", () => {
    expect(parseNumber("77", steps)).toEqual({ ok: true, value: 77 });
    expect(parseNumber("101", steps)).toEqual({ ok: false, reason: "Expected 1 to 100." });
    expect(parseNumber("18446744073709551616", seed).ok).toBe(false);
    expect(parseNumber("0.5", guidance)).toEqual({ ok: false, reason: "Expected 1 to 10." });
  });

  it("understands a decimal comma and spaces between digits", () => {
    expect(parseNumber("2,5", guidance)).toEqual({ ok: true, value: 2.5 });
    expect(parseNumber(" 1 000 ", int)).toEqual({ ok: true, value: 1000 });
  });

  it("says what was found where no number is", () => {
    expect(parseNumber("1.5", int)).toEqual({ ok: false, reason: "Expected a whole number, found “1.5”." });
    expect(parseNumber("five", guidance)).toEqual({ ok: false, reason: "Expected a number, found “five”." });
    expect(parseNumber("", int).ok).toBe(false);
    expect(parseNumber("0x10", guidance).ok).toBe(false);
  });
});

describe("nudge", () => {
  it("steps integers exactly beyond 2⁵³ and stays in the range", () => {
    expect(nudge("9007199254740993", seed, 1)).toBe("9007199254740994");
    expect(nudge("18446744073709551615", seed, 1)).toBe("18446744073709551615");
    expect(nudge(0, seed, -1)).toBe(0);
  });

  it("steps floats on the grid of their step, finer when asked", () => {
    expect(nudge(2.5, guidance, 1)).toBe(2.6);
    expect(nudge(2.5, guidance, 1, true)).toBe(2.51);
    expect(nudge(10, guidance, 5)).toBe(10);
  });
});

describe("slideBy", () => {
  it("covers the soft range and no more", () => {
    expect(slideBy(1, steps, 1)).toBe(50);
    expect(slideBy(50, steps, -2)).toBe(1);
    expect(slideBy(25, steps, 0.02)).toBe(26);
  });

  it("does not pull a value that was typed beyond the soft range back at the first touch", () => {
    expect(slideBy(77, steps, 0)).toBe(77);
    expect(slideBy(77, steps, -0.1)).toBe(72);
  });
});

describe("what is shown", () => {
  it("fills the slider by the place in the soft range", () => {
    expect(fractionOf(3, guidance)).toBe(0.5);
    expect(fractionOf(99, steps)).toBe(1);
    expect(fractionOf(undefined, steps)).toBe(0);
  });

  it("writes numbers without noise", () => {
    expect(numberText(0.1 + 0.2, guidance)).toBe("0.3");
    expect(numberText("18446744073709551615", seed)).toBe("18446744073709551615");
    expect(numberText(undefined, int)).toBe("");
  });

  it("names the range it has", () => {
    expect(rangeText(steps)).toBe("1 to 100");
    expect(rangeText({ kind: "int", range: { min: 0 } })).toBe("at least 0");
    expect(rangeText(int)).toBe("");
  });

  it("takes integers from numbers and digits alone", () => {
    expect(integerOf("12")).toBe(12n);
    expect(integerOf(1.5)).toBeUndefined();
    expect(integerOf("1e3")).toBeUndefined();
    expect(integerJson(2n ** 53n)).toBe("9007199254740992");
  });
});
