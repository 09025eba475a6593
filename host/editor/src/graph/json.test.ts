import { expect, test } from "vitest";
import { parseJson } from "./json";

test.each([
  ["18446744073709551615", "18446744073709551615"],
  ["-9223372036854775809", "-9223372036854775809"],
  ["9007199254740993", "9007199254740993"],
  ["9007199254740991", 9007199254740991],
  ["10000000000000000000", 1e19],
  ["1e300", 1e300],
  ["0.12345678901234568", 0.12345678901234568],
  ["9007199254740993.5", 9007199254740993.5],
])("%s is read without loss", (text, expected) => {
  expect(parseJson(`{"a": [${text}], "b":${text}}`)).toEqual({ a: [expected], b: expected });
});

test("digits in strings and keys stay as they are", () => {
  const value = { "9007199254740993": 'a "9007199254740993" \\', b: "\\", c: "9007199254740993" };
  expect(parseJson(JSON.stringify(value))).toEqual(value);
});

test.each(["", "{", "[9007199254740993", "9007199254740993x", "nul"])("%j is a syntax error", (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});
