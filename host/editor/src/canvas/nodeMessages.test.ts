import { expect, it } from "vitest";
import { messagesOf } from "./nodeMessages";

const node = {
  type: "image/Composite",
  known: true,
  unavailable: undefined,
  inputs: [
    { name: "top", kind: "image" },
    { name: "file", kind: "bytes", widget: "file" },
    { name: "amount", kind: "float" },
  ],
  faults: [],
};
const missing = (input: string) => ({ severity: "error" as const, text: "expected something", input, missing: true });

it("asks for what an empty input takes", () => {
  const texts = messagesOf({ ...node, faults: [missing("top"), missing("file"), missing("amount")] }).map(
    (it) => it.text,
  );
  expect(texts).toEqual([
    "Wire an image into “top”.",
    "Choose a file for “file”.",
    "Set “amount”, or wire a float into it.",
  ]);
});

it("tells errors first, with their input and what to do", () => {
  const faults = [
    missing("top"),
    { severity: "error" as const, text: "Too dark.", hint: "raise the amount", input: "amount" },
  ];
  expect(messagesOf({ ...node, faults })[0]).toEqual({
    severity: "error",
    text: "amount: Too dark. — raise the amount",
  });
});

it("names the plugin that an unknown type belongs to", () => {
  expect(messagesOf({ ...node, type: "acme/Glow", known: false })[0]?.text).toContain("“acme”");
});
