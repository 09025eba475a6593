/** Wires by keyboard: reached from their nodes, looked at, bent, extended and removed. */
import { expect, look, test } from "./harness";
import { type Editor, opened, type Graph } from "./pages";

/** The wires into and from a node of the first example, in the order in which keys go through them. */
const OF_DECODE = [
  ["sample.latent", "decode.latent"],
  ["decode.image", "result.image"],
] as const;

test("keys go from a node to its wires, through them, to their ends and back", async ({ page }) => {
  const editor = await opened(page);
  await editor.node("decode").focus();
  await page.keyboard.press("w");
  for (const [from, to] of [...OF_DECODE, OF_DECODE[0]]) {
    await expect(editor.wire(from, to)).toBeFocused();
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("Shift+W");
  await expect(editor.wire(...OF_DECODE[0])).toBeFocused();
  await look(page, "wire-focused");
  await page.keyboard.press("Escape");
  await expect(editor.node("decode")).toBeFocused();

  await page.keyboard.press("w");
  await page.keyboard.press("ArrowLeft");
  await expect(editor.node("sample")).toBeFocused();
  await editor.node("decode").focus();
  await page.keyboard.press("w");
  await expect(editor.wire(...OF_DECODE[0])).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(editor.node("decode"), "Tab leaves the wires: they are no trap").toBeFocused();
});

test("a wire is looked at, bent and removed with keys, and each is undone", async ({ page }) => {
  const editor = await opened(page);
  const id = await editor.saveNew("Wires");
  await editor.run("save");
  await editor.node("decode").focus();
  await page.keyboard.press("w");
  const wire = editor.wire(...OF_DECODE[0]);
  await expect(wire).toBeFocused();

  await page.keyboard.press("Enter");
  const peek = page.getByRole("dialog", { name: "Value of sample.latent" });
  await expect(peek).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(peek).toBeHidden();
  await expect(wire).toBeFocused();

  await page.keyboard.press("r");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  const bend = await bendOf(editor, id, "decode.latent");
  await page.keyboard.press("Control+z");
  const before = await bendOf(editor, id, "decode.latent");
  expect([bend![0]! - before![0]!, bend![1]! - before![1]!], "moves of one bend are one step").toEqual([0, 40]);
  await page.keyboard.press("Shift+R");
  expect(await bendOf(editor, id, "decode.latent")).toBeUndefined();

  await page.keyboard.press("Delete");
  await expect(wire).toHaveCount(0);
  await expect(editor.node("decode")).toBeFocused();
  await page.keyboard.press("Control+z");
  await expect(wire).toHaveCount(1);
});

test("a node is inserted into a wire with keys; the search offers what fits both its ends", async ({ page }) => {
  const editor = await opened(page);
  await editor.node("save").focus();
  await page.keyboard.press("w");
  await expect(editor.wire("result.image", "save.image")).toBeFocused();
  await page.keyboard.press("i");
  const search = page.getByRole("dialog", { name: "Insert a node into the wire" });
  await expect(search.getByRole("combobox")).toBeFocused();
  await expect(search.getByRole("option", { name: /^Save Image/ })).toHaveCount(0);
  await page.keyboard.type("invert");
  await page.keyboard.press("Enter");
  await expect(editor.node("invert")).toBeFocused();
  await expect(editor.wire("result.image", "invert.image")).toHaveCount(1);
  await expect(editor.wire("invert.image", "save.image")).toHaveCount(1);
  await page.keyboard.press("Control+z");
  await expect(editor.node("invert")).toHaveCount(0);
  await expect(editor.wire("result.image", "save.image")).toHaveCount(1);
});

/** The only bend of the wire into an input, as it is saved. */
async function bendOf(editor: Editor, id: string, input: string): Promise<number[] | undefined> {
  await editor.save();
  const layout = ((await editor.savedGraph(id)) as Graph).layout as Record<string, number[][]>;
  return layout[input]?.[0];
}
