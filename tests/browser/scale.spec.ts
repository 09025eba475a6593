/** Large graphs: they open, and are moved and zoomed; how fast is printed, not asserted. */
import { loadavg } from "node:os";
import type { Page } from "@playwright/test";
import { expect, look, test } from "./harness";
import { Editor, opened } from "./pages";

const ROW = 40;
/** Of the first port from the upper edge of a node, and the node's width, in editor pixels. */
const PORT_Y = 55;
const NODE_WIDTH = 240;
const MEASURED_MS = 3000;
// Roles of thousands of elements take longer to find out than the page takes to draw them.
const NODES = '[role="group"][aria-label*=", node "]';
const WIRES = '[aria-label^="Wire from "]';

for (const count of [500, 2000]) {
  test(`a graph of ${count} nodes opens, is panned and zoomed`, async ({ page }) => {
    const editor = await opened(page);
    const drawn = whenDrawn(page, count);
    await editor.dropFile(editor.canvas, { name: `${count}.json`, type: "application/json", bytes: Buffer.from(JSON.stringify(grid(count))) });
    await expect(editor.activeTab).toHaveText(String(count));
    const opening = await drawn;
    await expect(page.locator(NODES)).toHaveCount(count);
    await look(page, `scale-${count}-far`);
    await expectWireUnder(editor, "n1", "n2");

    const far = await movement(page);
    const near = await nearer(editor);
    await look(page, `scale-${count}-near`);
    await expect(page.locator(WIRES).first()).toBeAttached();
    const close = await movement(page);

    expect(near).toBeLessThan(count);
    expect(far.moved).toBe(true);
    expect(close.moved).toBe(true);
    console.log(
      `${count} nodes: opened in ${Math.round(opening)} ms; ${far.fps} frames a second with all of them in sight, ` +
        `${close.fps} with ${near} (load of the machine: ${loadavg()[0]!.toFixed(1)})`,
    );
  });
}

/** Rows of nodes in a chain. */
function grid(count: number): object {
  const nodes: Record<string, object> = {};
  const layout: Record<string, [number, number]> = {};
  for (let index = 0; index < count; index += 1) {
    const [row, column] = [Math.floor(index / ROW), index % ROW];
    const image = column === 0 ? {} : { image: { from: `n${index - 1}.image` } };
    nodes[`n${index}`] = { type: "image/Invert", inputs: { ...image, amount: 0.5 } };
    layout[`n${index}`] = [column * 300, row * 180];
  }
  return { format: "wirebrush/graph", version: 1, title: `Grid of ${count}`, nodes, layout };
}

/** Goes so near that nodes can be read; gives how many are drawn. */
async function nearer(editor: Editor): Promise<number> {
  await editor.page.keyboard.press("0");
  await expect(editor.page.locator(NODES).first().getByRole("slider")).toBeVisible();
  return editor.page.locator(NODES).count();
}

/** Far away wires are painted, not elements; the wire between two neighbours still has its menu. */
async function expectWireUnder({ page }: Editor, from: string, to: string): Promise<void> {
  const boxOf = async (name: string) => (await page.locator(`[role="group"][aria-label$=", node ${name}"]`).boundingBox())!;
  const [left, right] = [await boxOf(from), await boxOf(to)];
  const port = (PORT_Y / NODE_WIDTH) * left.width;
  await page.mouse.click((left.x + left.width + right.x) / 2, left.y + port, { button: "right" });
  await expect(page.getByRole("menuitem", { name: "Remove the wire" })).toBeVisible();
  await page.keyboard.press("Escape");
}

/** Milliseconds from now until so many nodes are there and were drawn. */
function whenDrawn(page: Page, count: number): Promise<number> {
  return page.evaluate(
    ([nodes, wanted]) =>
      new Promise<number>((resolve) => {
        const start = performance.now();
        const frame = () => {
          if (document.querySelectorAll(nodes).length < wanted) requestAnimationFrame(frame);
          else requestAnimationFrame(() => resolve(performance.now() - start));
        };
        frame();
      }),
    [NODES, count] as const,
  );
}

/** Pans and zooms with the wheel in every frame for three seconds; counts the frames. */
async function movement(page: Page): Promise<{ fps: number; moved: boolean }> {
  return page.evaluate(async (duration) => {
    const card = () => JSON.stringify(document.querySelector('[role="group"]')?.getBoundingClientRect());
    const [x, y] = [window.innerWidth / 2, window.innerHeight / 2];
    const turn = (deltaX: number, deltaY: number, ctrlKey: boolean) =>
      document.elementFromPoint(x, y)!.dispatchEvent(new WheelEvent("wheel", { deltaX, deltaY, ctrlKey, clientX: x, clientY: y, bubbles: true, cancelable: true }));
    const before = card();
    let moved = false;
    let frames = 0;
    const start = performance.now();
    await new Promise<void>((resolve) => {
      const frame = () => {
        const passed = performance.now() - start;
        if (passed >= duration) return resolve();
        frames += 1;
        const outward = Math.floor(passed / 500) % 2 === 0;
        if (Math.floor(passed / 1000) % 2 === 0) turn(outward ? 12 : -12, outward ? 7 : -7, false);
        else turn(0, outward ? -4 : 4, true);
        moved ||= card() !== before;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    return { fps: Math.round((frames / (performance.now() - start)) * 1000), moved };
  }, MEASURED_MS);
}
