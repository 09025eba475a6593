/** Fingers: one moves the plane, two zoom, a tap chooses; also on the form of a phone. */
import type { CDPSession } from "@playwright/test";
import { expect, test } from "./harness";
import { type Editor, middle, opened, type Point } from "./pages";

test.use({ hasTouch: true, isMobile: true, viewport: { width: 412, height: 915 } });

const STEPS = 8;

test("one finger moves the plane, two fingers zoom", async ({ page }) => {
  const editor = await opened(page);
  const finger = await page.context().newCDPSession(page);
  const save = editor.node("save");
  const before = (await save.boundingBox())!;
  const free = await freePoint(editor);
  await glide(finger, [[free, { x: free.x - 90, y: free.y - 60 }]]);
  await expect.poll(async () => (await save.boundingBox())!.y).toBeLessThan(before.y - 40);
  const moved = (await save.boundingBox())!;
  expect(moved.x).toBeLessThan(before.x - 60);
  expect(moved.width).toBeCloseTo(before.width, 0);

  await glide(finger, [
    [
      { x: free.x - 20, y: free.y },
      { x: free.x - 45, y: free.y },
    ],
    [
      { x: free.x + 20, y: free.y },
      { x: free.x + 45, y: free.y },
    ],
  ]);
  await expect.poll(async () => (await save.boundingBox())!.width).toBeGreaterThan(before.width * 1.8);
});

test("a tap selects a node, which the menu deletes", async ({ page }) => {
  const editor = await opened(page);
  await page.touchscreen.tap(...xy(await middle(editor.node("save"))));
  await page.getByRole("button", { name: "Wirebrush menu" }).tap();
  await expect(page.getByRole("menuitem").first()).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Delete");
  await expect(editor.node("save")).toHaveCount(0);
});

test("the form is filled in and run with taps", async ({ page }) => {
  const editor = await opened(page);
  await page.getByRole("radio", { name: "Form" }).tap();
  const prompt = page.getByRole("textbox", { name: "Prompt" });
  await prompt.tap();
  await expect(prompt).toBeFocused();
  await prompt.fill("make the circle green");
  await page.getByRole("button", { name: "Run", exact: true }).last().tap();
  await expect.poll(async () => (await editor.runs()).length).toBe(1);
});

function xy({ x, y }: Point): [number, number] {
  return [x, y];
}

/** A place of the canvas where no node is. */
async function freePoint(editor: Editor): Promise<Point> {
  const { x, y, width, height } = (await editor.canvas.boundingBox())!;
  const boxes = await Promise.all((await editor.nodes.all()).map((node) => node.boundingBox()));
  const bottom = Math.max(...boxes.map((box) => box!.y + box!.height));
  return { x: x + width / 2, y: (bottom + y + height) / 2 };
}

/** Moves fingers at the same time, each from one point to another. */
async function glide(session: CDPSession, ways: readonly (readonly [Point, Point])[]): Promise<void> {
  const at = (part: number) => ways.map(([from, to], id) => ({ x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part, id }));
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) });
  for (let step = 1; step <= STEPS; step += 1) {
    await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(step / STEPS) });
  }
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}
