import { describe, expect, it } from "vitest";
import { titleLines, wrap } from "./farTitle";

const tenLetters = (line: string) => line.length <= 10;

describe("wrap", () => {
  it("breaks between words where the next one does not fit", () => {
    expect(wrap("Fit to Model", tenLetters)).toEqual(["Fit to", "Model"]);
  });

  it("breaks inside a word that is longer than a line", () => {
    expect(wrap("a Transmogrification b", tenLetters)).toEqual(["a", "Transmogri", "fication b"]);
  });

  it("gives one letter a line where not even that fits", () => {
    expect(wrap("ab", () => false)).toEqual(["a", "b"]);
  });

  it("makes no lines of spaces", () => {
    expect(wrap("  ", tenLetters)).toEqual([]);
  });
});

describe("titleLines", () => {
  // A letter is 20 wide.
  const context = { measureText: (text: string) => ({ width: text.length * 20 }) } as CanvasRenderingContext2D;

  it("keeps to the height of the node", () => {
    const texts = (height: number) => titleLines(context, "One Two Three", 120, height).map(({ text }) => text);
    expect(texts(200)).toEqual(["One", "Two", "Three"]);
    expect(texts(80)).toEqual(["One", "Two"]);
  });

  it("shows one line of a folded node", () => {
    expect(titleLines(context, "One Two Three", 120, 20)).toHaveLength(1);
  });
});
