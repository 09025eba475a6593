/** The mask painter: strokes, undo, erase, invert, and where the mask goes. */
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./harness";
import { middle, opened } from "./pages";

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

/** Paints a stroke across the middle, `aside` of the picture's width to the right of it. */
async function paint(page: Page, picture: Locator, aside: number): Promise<void> {
  const { x, y } = await middle(picture);
  const { width } = (await picture.boundingBox())!;
  const at = x + aside * width;
  await page.mouse.move(at - 20, y);
  await page.mouse.down();
  await page.mouse.move(at + 20, y, { steps: 6 });
  await page.mouse.up();
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
