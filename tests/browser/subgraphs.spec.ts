/** Subgraphs that are used more than once. */
import type { Page } from "@playwright/test";
import { expect, test } from "./harness";
import { type Editor, opened } from "./pages";

test("an edit inside a subgraph changes all its instances, until one is made independent", async ({ page }) => {
  const editor = await opened(page);
  await editor.select("t5", "clip");
  await page.keyboard.press("Control+g");
  await expect(editor.node("Subgraph")).toBeVisible();
  await page.keyboard.press("Control+d");
  await expect(editor.node("Subgraph-2")).toBeVisible();

  await inside(editor, "Subgraph-2", async () => {
    await editor.select("t5");
    await page.keyboard.press("m");
    await expect(muted(editor)).toBeVisible();
  });
  await inside(editor, "Subgraph", () => expect(muted(editor)).toBeVisible());

  await choose(editor, "Subgraph-2");
  await editor.command("Make the subgraph independent");
  await inside(editor, "Subgraph-2", async () => {
    await editor.select("t5");
    await page.keyboard.press("m");
    await expect(muted(editor)).toHaveCount(0);
  });
  await inside(editor, "Subgraph", () => expect(muted(editor)).toBeVisible());
});

const muted = (editor: Editor) => editor.node("t5").getByText("Muted", { exact: true });

/** Selects a node by keyboard: a copy may lie over it. */
async function choose(editor: Editor, name: string): Promise<void> {
  // Behind the way out of a subgraph the view still moves under the mouse.
  await editor.still(editor.node(name));
  await editor.pressCanvas();
  await editor.node(name).focus();
  await editor.page.keyboard.press("Space");
  await expect(editor.node(name)).toHaveClass(/\bselected\b/);
}

/** Opens the subgraph of an instance, does something there, and leaves it. */
async function inside(editor: Editor, instance: string, act: () => Promise<void>): Promise<void> {
  const { page }: { page: Page } = editor;
  await choose(editor, instance);
  await page.keyboard.press("Alt+ArrowDown");
  const way = page.getByRole("navigation", { name: "Subgraph" });
  await expect(way).toBeVisible();
  await expect(editor.nodes).toHaveCount(2);
  await act();
  await page.keyboard.press("Alt+ArrowUp");
  await expect(way).toHaveCount(0);
}
