/** Runs as the editor shows them: progress, preview, results, cache, failures, the queue, several browsers. */
import type { Page } from "@playwright/test";
import { expect, prepare, test } from "./harness";
import { Editor, opened, RUN_MS } from "./pages";

/** More than the example has, so that there is time to look at a run while it goes on. */
const MANY_STEPS = 100;

test("the first-run example runs, and the circle of its result is purple", async ({ page }) => {
  const editor = await opened(page);
  await editor.run("save");
  for (const node of ["photo", "fit", "reference", "prompt", "t5", "clip", "sample", "decode", "result"]) {
    await expect(editor.node(node).getByText(/^Done/)).toBeVisible();
  }
  await expect(editor.node("save").getByRole("img", { name: "Result of save" })).toBeVisible();

  const [run] = await editor.runs();
  const asset = run?.outputs.find(({ value }) => value.asset)?.value.asset;
  const source = (await editor.node("photo").getByRole("img").first().getAttribute("src"))!.match(/[0-9a-f]{64}/)![0];
  const circle = await meanWhereRed(page, source, asset!.hash);
  expect(circle.green).toBeLessThan(Math.min(circle.red, circle.blue) - 40);
  expect(Math.abs(circle.red - circle.blue)).toBeLessThan(80);

  await test.step("the timeline shows when each node ran", async () => {
    const timeline = await editor.openPanel("Timeline");
    await expect(timeline.getByRole("row")).toHaveCount(11);
    await expect(timeline.getByRole("row", { name: /^sample.*\d ms$/ })).toBeVisible();
  });
  await test.step("the value on a wire can be looked at", async () => {
    const wire = await editor.between("photo.image", "fit.image");
    await page.mouse.click(wire.x, wire.y, { button: "right" });
    await page.getByRole("menuitem", { name: "Look at the value" }).click();
    const peek = page.getByRole("dialog", { name: "Value of photo.image" });
    await expect(peek.getByText(/^image \d+ × \d+/)).toBeVisible();
    await expect(peek.getByRole("img")).toBeVisible();
    await page.keyboard.press("Escape");
  });
  await test.step("the gallery has the result, which can be compared with the picture it was made of", async () => {
    const gallery = await editor.openPanel("Gallery");
    await gallery.getByRole("button", { name: /of Recolor/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Compare" }).click();
    const compare = page.getByRole("dialog", { name: "Compare" });
    const after = compare.getByRole("img", { name: /^After/ });
    for (const mode of ["Wipe", "Side by side"]) {
      await compare.getByRole("button", { name: mode, exact: true }).click();
      await expect(after).toHaveCount(1);
    }
    // People who asked for less motion turn the pictures over themselves.
    await compare.getByRole("button", { name: "Blink", exact: true }).first().click();
    await expect(after).toHaveCount(0);
    await compare.getByRole("button", { name: "Show after" }).click();
    await expect(after).toHaveCount(1);
    await compare.getByRole("button", { name: "Difference" }).click();
    await expect(compare.getByRole("img", { name: /of the pixels differ/ })).toBeVisible();
  });
});

test("what a changed prompt does not change is taken from the cache", async ({ page }) => {
  const editor = await opened(page);
  await editor.run("save");
  const [first] = await editor.runs();
  await editor.setPrompt("make the square orange");
  await editor.run("save", /^Done/);
  for (const node of ["photo", "fit", "reference"]) {
    await expect(editor.node(node).getByText("Cached", { exact: true })).toBeVisible();
  }
  await expect(editor.node("t5").getByText(/^Done/)).toBeVisible();
  await expect.poll(async () => (await editor.runs())[0]?.status).toBe("finished");
  const [second] = await editor.runs();
  expect(hashOf(second)).not.toBe(hashOf(first));
});

test("a run shows its progress and a preview, and can be cancelled", async ({ page }) => {
  const editor = await opened(page);
  await editor.setNumber("steps of sample", MANY_STEPS);
  await editor.runButton.click();
  await expect(page.getByRole("progressbar", { name: "Run" })).toBeVisible();
  await expect(editor.node("sample").getByText(/^\d+ of 100$/)).toBeVisible({ timeout: RUN_MS });
  await expect(editor.node("sample").getByRole("img", { name: "Preview of sample" })).toBeVisible({ timeout: RUN_MS });
  await page.getByRole("banner").getByRole("button", { name: /^Cancel/ }).click();
  await expect(editor.node("sample").getByText("Cancelled", { exact: true })).toBeVisible();
  await expect(page.getByRole("progressbar", { name: "Run" })).toHaveCount(0);
  const [run] = await editor.runs();
  expect(run?.status).toBe("cancelled");
  expect(run?.outputs).toEqual([]);
});

test("a run to a node computes what it needs and nothing else", async ({ page }) => {
  const editor = await opened(page);
  await editor.nodeMenu("fit", "Run to the selected node");
  await expect(editor.node("fit").getByText(/^Done/)).toBeVisible({ timeout: RUN_MS });
  await expect(editor.node("photo").getByText(/^Done/)).toBeVisible();
  await expect(editor.node("sample").getByText(/^(Done|Queued|Running|Skipped|Cached)/)).toHaveCount(0);
  await editor.node("fit").hover();
  await editor.node("fit").getByRole("button", { name: "Look at the value of width" }).click();
  await expect(page.getByRole("dialog", { name: "Value of fit.width" }).getByText(/\d+/).first()).toBeVisible();
});

test("a file that is not there fails at its node and input, and the problem leads there", async ({ page }) => {
  const editor = await opened(page);
  const { templates } = await editor.api<{ templates: { id: string; graph: object }[] }>("/api/templates");
  const text = JSON.stringify(templates.find(({ id }) => id === "recolor")!.graph).replace(/asset:[0-9a-f]+\/shapes\.png/, "missing.png");
  expect(text).toContain("missing.png");
  await editor.dropFile(editor.canvas, { name: "broken.json", type: "application/json", bytes: Buffer.from(text) });
  await expect(editor.activeTab).toHaveText(/broken|Recolor 2/);
  await expect(editor.node("photo").getByRole("button", { name: "file of photo: missing.png" })).toBeVisible();
  await editor.runButton.click();
  const problems = await editor.openPanel("Problems");
  const problem = problems.getByRole("button", { name: /photo › file/ });
  await expect(problem).toContainText("missing.png", { timeout: RUN_MS });
  await expect(editor.node("photo").getByRole("button", { name: /missing\.png.*/ }).last()).toContainText(/missing\.png/);

  await editor.show("List");
  await problem.click();
  await expect(page.getByRole("region", { name: "Details of photo" })).toBeVisible();
  await editor.show("Form");
  await problem.click();
  await expect(editor.node("photo").getByRole("button", { name: /^file of photo/ })).toBeVisible();
});

test("the queue holds several runs that are moved, paused, run and repeated, and another browser sees the same", async ({ page, browser, server }) => {
  const editor = await opened(page);
  const queue = await editor.openPanel("Queue");
  await queue.getByRole("button", { name: "Pause" }).click();
  await expect(queue.getByText("0 running · 0 queued")).toBeVisible();
  for (let count = 1; count <= 3; count += 1) {
    await editor.runButton.click();
    await expect(queue.getByText(`0 running · ${count} queued`)).toBeVisible();
  }
  const order = async () => (await editor.runs()).filter((run) => run.status === "queued").map((run) => run.id);
  const [first, second, third] = await order();

  const context = await browser.newContext();
  await prepare(context);
  const other = await context.newPage();
  await other.goto(server.url);
  const elsewhere = await (await opened(other)).openPanel("Queue");
  await expect(elsewhere.getByText("Paused · 0 running · 3 queued")).toBeVisible();

  await queue.getByRole("button", { name: /^Move .* 1 of 3/ }).focus();
  await page.keyboard.press("ArrowDown");
  await expect.poll(order).toEqual([second, first, third]);
  await queue.getByRole("button", { name: /^Cancel/ }).last().click();
  await expect.poll(order).toEqual([second, first]);
  await expect(elsewhere.getByText("Paused · 0 running · 2 queued")).toBeVisible();

  await elsewhere.getByRole("button", { name: "Resume" }).click();
  const ended = queue.getByRole("region", { name: "Ended" }).getByRole("listitem");
  await expect(ended.filter({ hasText: "Done" })).toHaveCount(2, { timeout: RUN_MS });
  await expect(ended.filter({ hasText: "Cancelled" })).toHaveCount(1);
  await ended.filter({ hasText: "Cancelled" }).getByRole("button", { name: /again$/ }).click();
  await expect(ended.filter({ hasText: "Done" })).toHaveCount(3, { timeout: RUN_MS });
  expect((await editor.runs()).some((run) => run.retry_of === third)).toBe(true);
  await expect(elsewhere.getByRole("region", { name: "Ended" }).getByRole("listitem")).toHaveCount(4);
  await context.close();
});

test("a run goes on when the browser is closed, and is there when it comes back", async ({ page, context, server }) => {
  const editor = await opened(page);
  await editor.setNumber("steps of sample", MANY_STEPS);
  await editor.runButton.click();
  await expect(page.getByRole("progressbar", { name: "Run" })).toBeVisible();
  await page.close();

  const status = async () => {
    const answer = await fetch(new URL("/api/runs", server.url));
    return ((await answer.json()) as { runs: { status: string }[] }).runs[0]?.status;
  };
  expect(["queued", "running"]).toContain(await status());
  await expect.poll(status, { timeout: RUN_MS }).toBe("finished");

  const again = await context.newPage();
  await again.goto(server.url);
  const gallery = await new Editor(again).openPanel("Gallery");
  await expect(gallery.getByRole("button", { name: /of Recolor/ })).toBeVisible();
});

/** Mean color of a picture where another one, of the same size, is red. */
function meanWhereRed(page: Page, source: string, result: string): Promise<{ red: number; green: number; blue: number }> {
  return page.evaluate(
    async ([source, result]) => {
      const pixels = async (hash: string) => {
        const answer = await fetch(`/api/assets/${hash}`);
        const bitmap = await createImageBitmap(await answer.blob());
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height);
      };
      const [before, after] = [await pixels(source!), await pixels(result!)];
      if (before.width !== after.width || before.height !== after.height) throw new Error("the sizes differ");
      const sum = [0, 0, 0];
      let count = 0;
      for (let at = 0; at < before.data.length; at += 4) {
        const [red, green, blue] = before.data.subarray(at, at + 3);
        if (red! < 200 || green! > 80 || blue! > 80) continue;
        count += 1;
        for (const channel of [0, 1, 2]) sum[channel]! += after.data[at + channel]!;
      }
      if (count === 0) throw new Error("nothing is red");
      return { red: sum[0]! / count, green: sum[1]! / count, blue: sum[2]! / count };
    },
    [source, result],
  );
}

function hashOf(run: { outputs: { value: { asset?: { hash: string } } }[] } | undefined): string | undefined {
  return run?.outputs.find(({ value }) => value.asset)?.value.asset?.hash;
}
