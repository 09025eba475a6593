/** The mask painter: strokes, undo, erase, invert, and where the mask goes. */
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./harness";
import { type Editor, type Graph, middle, opened, RUN_MS } from "./pages";

test("a mask is painted on a picture, changed again, and belongs to the graph", async ({ page }) => {
  const editor = await opened(page);
  await editor.nodeMenu("photo", "Paint a mask…");
  const painter = page.getByRole("dialog", { name: "Mask of photo" });
  const picture = painter.getByTestId("mask-canvas");
  await expect(picture).toBeVisible();
  const undo = painter.getByRole("button", { name: "Undo", exact: true });

  await paint(page, picture, -0.3);
  await expect(undo).toBeEnabled();
  await undo.click();
  await expect(undo).toBeDisabled();
  await paint(page, picture, 0);
  await painter.getByRole("button", { name: "Use this mask" }).click();
  await expect(painter).toBeHidden();

  const file = editor.node("mask").getByRole("button", { name: "file of mask: shapes-mask.png" });
  await expect(file).toBeVisible();
  const id = await editor.saveNew("Masked");
  const reference = async () => (await editor.savedGraph(id)).nodes["mask"]?.inputs?.["file"] as string;
  const first = await reference();
  expect(first).toMatch(/^asset:[0-9a-f]{64}\/shapes-mask\.png$/);
  const painted = await alphas(page, first);
  expect(painted.middle).toBe(255);
  expect(painted.corner).toBe(0);
  const { nodes } = await editor.savedGraph(id);
  expect(nodes["photo"]?.inputs?.["file"]).toMatch(/shapes\.png$/);

  await editor.nodeMenu("mask", "Paint a mask…");
  const again = page.getByRole("dialog", { name: "Mask of mask" });
  await expect(again.getByTestId("mask-canvas")).toBeVisible();
  await again.getByRole("button", { name: "Invert" }).click();
  await again.getByRole("button", { name: "Use this mask" }).click();
  await expect(again).toBeHidden();
  await editor.save();
  const inverted = await alphas(page, await reference());
  expect(inverted.middle).toBe(0);
  expect(inverted.corner).toBe(255);

  await page.keyboard.press("Control+z");
  await editor.save();
  expect(await reference()).toBe(first);
});

test("a mask is painted on the picture in the node: brush, erase, invert, undo, feather, enlarged with its strokes", async ({ page }) => {
  const editor = await opened(page);
  await editor.select("photo");
  await editor.node("photo").getByRole("button", { name: "Paint a mask" }).click();
  const tools = page.getByRole("toolbar", { name: "Mask tools" });
  const picture = editor.node("photo").getByTestId("mask-canvas");
  await expect(tools.getByRole("button", { name: "Brush" })).toBeFocused();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  const at = (await editor.node("photo").boundingBox())!;

  const undo = tools.getByRole("button", { name: "Undo", exact: true });
  await paint(page, picture, 0);
  await expect(undo).toBeEnabled();
  expect((await editor.node("photo").boundingBox())!).toEqual(at);
  await page.keyboard.press("Control+z");
  await expect(undo).toBeDisabled();
  await expect(editor.node("photo"), "undo took back the stroke, nothing of the document").toBeVisible();

  await paint(page, picture, 0);
  await page.keyboard.press("e");
  await expect(tools.getByRole("button", { name: "Erase" })).toHaveAttribute("aria-pressed", "true");
  await expect(editor.node("photo").getByText("Bypassed")).toHaveCount(0);
  await tools.getByRole("button", { name: "Invert" }).click();
  await tools.getByRole("slider", { name: "Feather" }).fill("2");
  await tools.getByRole("button", { name: "Enlarge" }).click();

  const painter = page.getByRole("dialog", { name: "Mask of photo" });
  await expect(painter.getByRole("button", { name: "Undo", exact: true })).toBeEnabled();
  await expect(painter.getByRole("slider", { name: "Feather" })).toHaveValue("2");
  await painter.getByRole("button", { name: "Use this mask" }).click();
  await expect(editor.node("mask").getByRole("button", { name: "file of mask: shapes-mask.png" })).toBeVisible();
  const id = await editor.saveNew("Painted in the node");
  const stored = async () => (await editor.savedGraph(id)).nodes["mask"]?.inputs?.["file"] as string;
  const inverted = await alphas(page, await stored());
  expect(inverted.middle).toBeLessThan(128);
  expect(inverted.corner).toBe(255);

  await editor.node("mask").getByRole("button", { name: "Paint a mask" }).click();
  await tools.getByRole("button", { name: "Clear" }).click();
  await tools.getByRole("button", { name: "Use this mask" }).click();
  await expect(tools).toHaveCount(0);
  await editor.save();
  expect(await alphas(page, await stored())).toEqual({ middle: 0, corner: 0 });

  await editor.node("mask").getByRole("button", { name: "Paint a mask" }).click();
  await page.keyboard.press("Escape");
  await expect(tools).toHaveCount(0);
  await expect(editor.node("mask")).toBeFocused();
});

test("a mask is painted for the input that takes one, over the picture it belongs to, and the graph runs with it", async ({ page }) => {
  const editor = await opened(page);
  const { templates } = await editor.api<{ templates: { id: string; graph: Graph }[] }>("/api/templates");
  const photo = templates.find(({ id }) => id === "recolor")!.graph.nodes["photo"]!;
  const graph = {
    format: "wirebrush/graph",
    version: 1,
    nodes: {
      photo,
      invert: { type: "image/Invert", inputs: { image: { from: "photo.image" }, amount: 1 } },
      both: { type: "image/Composite", inputs: { base: { from: "photo.image" }, top: { from: "invert.image" } } },
      save: { type: "image/SaveImage", inputs: { image: { from: "both.image" }, name: "masked" } },
    },
    layout: { photo: [0, 0], invert: [300, 0], both: [600, 0], save: [900, 0] },
  };
  await editor.dropFile(editor.canvas, { name: "m.json", type: "application/json", bytes: Buffer.from(JSON.stringify(graph)) });
  const button = editor.node("both").getByRole("button", { name: "Paint a mask for mask of both" });
  await button.click();
  await expect(editor.notice(/^Wire a picture into “top” of both and run the graph once/)).toBeVisible();
  await editor.run("save");
  const whole = await pixels(page, editor, 1);

  await button.click();
  const painter = page.getByRole("dialog", { name: "Mask for both" });
  await paint(page, painter.getByTestId("mask-canvas"), 0);
  await painter.getByRole("button", { name: "Use this mask" }).click();
  await expect(editor.wire("mask.mask", "both.mask")).toHaveCount(1);
  await editor.run("save");
  const masked = await pixels(page, editor, 2);
  expect(masked.middle).toEqual(whole.middle);
  expect(masked.corner.map((value) => 255 - value)).toEqual(whole.corner);

  await button.click();
  await expect(page.getByRole("dialog", { name: "Mask of mask" })).toBeVisible();
});

/** Paints a stroke across the middle, `aside` of the picture's width to the right of it. */
async function paint(page: Page, picture: Locator, aside: number): Promise<void> {
  const { x, y } = await middle(picture);
  const { width } = (await picture.boundingBox())!;
  const at = x + aside * width;
  await page.mouse.move(at - width / 20, y);
  await page.mouse.down();
  await page.mouse.move(at + width / 20, y, { steps: 6 });
  await page.mouse.up();
}

/** Colors of the newest result in its middle and in its upper left corner, once so many runs are over. */
async function pixels(page: Page, editor: Editor, count: number): Promise<{ middle: number[]; corner: number[] }> {
  const over = async () => (await editor.runs()).filter((run) => run.outputs.length > 0);
  await expect.poll(async () => (await over()).length, { timeout: RUN_MS }).toBe(count);
  const [newest] = await over();
  return page.evaluate(async (hash) => {
    const bitmap = await createImageBitmap(await (await fetch(`/api/assets/${hash}`)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
    context.drawImage(bitmap, 0, 0);
    const color = (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)];
    return { middle: color(bitmap.width >> 1, bitmap.height >> 1), corner: color(1, 1) };
  }, newest!.outputs[0]!.value.asset!.hash);
}

/** How opaque a stored mask is in its middle and in its upper left corner, from 0 to 255. */
function alphas(page: Page, reference: string): Promise<{ middle: number; corner: number }> {
  return page.evaluate(async (hash) => {
    const bitmap = await createImageBitmap(await (await fetch(`/api/assets/${hash}`)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
    context.drawImage(bitmap, 0, 0);
    const alpha = (x: number, y: number) => context.getImageData(x, y, 1, 1).data[3]!;
    return { middle: alpha(bitmap.width >> 1, bitmap.height >> 1), corner: alpha(1, 1) };
  }, /[0-9a-f]{64}/.exec(reference)![0]);
}
