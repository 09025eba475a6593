/** Order on the canvas: edges in line, even gaps. */
import { expect, test } from "./harness";
import { type Editor, middle, opened } from "./pages";

const NAMES = ["prompt", "t5", "sample"];

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const boxes = (editor: Editor): Promise<Box[]> => Promise.all(NAMES.map(async (name) => (await editor.node(name).boundingBox())!));

/** The difference between the largest and the smallest, in CSS pixels. */
const spread = (values: number[]) => Math.max(...values) - Math.min(...values);

test("selected nodes are aligned at their left and at their lower edges, and undo puts them back", async ({ page }) => {
  const editor = await opened(page);
  const before = await boxes(editor);
  await editor.select(...NAMES);
  await page.keyboard.press("Alt+Shift+ArrowLeft");
  await expect.poll(async () => spread((await boxes(editor)).map(({ x }) => x))).toBeLessThan(1);
  await page.keyboard.press("Control+z");
  await expect.poll(() => boxes(editor)).toEqual(before);

  await page.keyboard.press("Alt+Shift+ArrowDown");
  await expect.poll(async () => spread((await boxes(editor)).map(({ y, height }) => y + height))).toBeLessThan(1);
  expect(spread((await boxes(editor)).map(({ x }) => x))).toBeCloseTo(spread(before.map(({ x }) => x)), 0);
});

test("three nodes are distributed so that the gaps between them are the same", async ({ page }) => {
  const editor = await opened(page);
  const gaps = async () => {
    const [first, second, third] = (await boxes(editor)).toSorted((a, b) => a.x - b.x) as [Box, Box, Box];
    return [second.x - first.x - first.width, third.x - second.x - second.width];
  };
  // Off the middle, so that there is something to do.
  const grip = await middle(editor.node("t5").getByText("t5", { exact: true }).first());
  await editor.drag(grip, { x: grip.x + 40, y: grip.y });
  await expect.poll(async () => spread(await gaps())).toBeGreaterThan(2);
  await editor.select(...NAMES);
  await editor.command("Distribute in a row");
  await expect.poll(async () => spread(await gaps())).toBeLessThan(1);
});
