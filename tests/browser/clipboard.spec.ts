/** What comes in through the clipboard: nodes as text, pictures. */
import type { Page } from "@playwright/test";
import { expect, test } from "./harness";
import { opened } from "./pages";

test("copied nodes are text that can be changed elsewhere and pasted into another window", async ({ page, context, server }) => {
  const editor = await opened(page);
  await editor.select("prompt", "t5");
  await page.keyboard.press("Control+c");
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(text)).toBeTruthy();
  expect(text).toContain("make the circle purple");

  const other = await context.newPage();
  await other.goto(server.url);
  const second = await opened(other);
  await second.newDocument();
  await second.pressCanvas();
  await other.evaluate((changed) => navigator.clipboard.writeText(changed), text.replace("purple", "orange"));
  await other.keyboard.press("Control+v");
  await expect(second.wire("prompt.text", "t5.text")).toHaveCount(1);
  await expect(second.node("prompt").getByRole("textbox", { name: "text of prompt" })).toHaveValue("make the circle orange");
});

test("text that is no graph is not pasted", async ({ page }) => {
  const editor = await opened(page);
  const before = await editor.nodes.count();
  await editor.pressCanvas();
  await page.evaluate(() => navigator.clipboard.writeText('{"nodes": "many"}'));
  await page.keyboard.press("Control+v");
  // The next paste, which does something, comes after it.
  await copyPicture(page);
  await page.keyboard.press("Control+v");
  await expect(editor.nodes).toHaveCount(before + 1);
});

test("a pasted picture becomes a node, the file of the selected node, or the file that is being chosen", async ({ page }) => {
  const editor = await opened(page);
  await copyPicture(page);
  await editor.pressCanvas();
  await page.keyboard.press("Control+v");
  const added = editor.node("load-image");
  await expect(added.getByRole("button", { name: /^file of load-image: .+\.png$/ })).toBeVisible();
  await expect(added.getByRole("img").first()).toBeVisible();

  const file = editor.node("photo").getByRole("button", { name: /^file of photo/ });
  await expect(file).toHaveAccessibleName("file of photo: shapes.png");
  await editor.select("photo");
  await page.keyboard.press("Control+v");
  await expect(file).not.toHaveAccessibleName("file of photo: shapes.png");
  await page.keyboard.press("Control+z");
  await expect(file).toHaveAccessibleName("file of photo: shapes.png");

  await file.click();
  await expect(page.getByRole("combobox", { name: "Search file of photo" })).toBeFocused();
  await page.keyboard.press("Control+v");
  await expect(page.getByRole("dialog", { name: "file of photo" })).toBeHidden();
  await expect(file).not.toHaveAccessibleName("file of photo: shapes.png");
});

/** Puts a small green picture on the clipboard. */
function copyPicture(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const canvas = new OffscreenCanvas(8, 8);
    const context = canvas.getContext("2d")!;
    context.fillStyle = "green";
    context.fillRect(0, 0, 8, 8);
    const picture = await canvas.convertToBlob({ type: "image/png" });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
  });
}
