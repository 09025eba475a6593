/** Pictures of each state for people to look at, and the ones that the documentation shows. */
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, look, repository, test } from "./harness";
import { opened, RUN_MS } from "./pages";

const PANELS = ["Node", "Queue", "Gallery", "Timeline", "Problems", "Log", "Plugins", "Help"];

for (const theme of ["dark", "light"] as const) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme });

    test("panels and views", async ({ page }) => {
      const editor = await opened(page);
      await look(page, `${theme}-first-run`);
      await editor.run("save");
      await editor.still(editor.node("save"));
      await look(page, `${theme}-finished`);
      await editor.select("sample");
      for (const panel of PANELS) {
        await editor.openPanel(panel);
        await arrived(page);
        await look(page, `${theme}-panel-${panel.toLowerCase()}`);
      }
      await page.getByRole("button", { name: "Close Help" }).click();
      await editor.show("List");
      await page.getByRole("treeitem", { name: /^sample/ }).click();
      await page.keyboard.press("ArrowRight");
      await look(page, `${theme}-list`);
      await editor.show("Form");
      await expect(page.getByRole("region", { name: "Results" }).getByRole("img").first()).toBeVisible();
      await look(page, `${theme}-form`);
      await page.getByRole("button", { name: "Edit form" }).click();
      await look(page, `${theme}-form-edited`);
    });

    test("dialogs and menus", async ({ page }) => {
      const editor = await opened(page);
      await editor.run("save");
      await editor.saveNew("A picture");
      await shown(page, theme, "palette", "Control+k");
      await shown(page, theme, "open", "Control+o");
      await shown(page, theme, "templates", "Alt+o");
      await shown(page, theme, "save-as", "Control+Shift+S");
      await shown(page, theme, "share", "Control+e");
      await editor.mainMenu("Compare two pictures");
      await expect(page.getByRole("dialog", { name: "Compare" }).getByRole("img").first()).toBeVisible();
      await look(page, `${theme}-compare`);
      await page.keyboard.press("Escape");
      await editor.nodeMenu("photo", "Paint a mask…");
      await expect(page.getByTestId("mask-canvas")).toBeVisible();
      await look(page, `${theme}-mask`);
      await page.keyboard.press("Escape");

      await page.mouse.dblclick(900, 700);
      await page.getByRole("combobox", { name: "Add a node" }).fill("encode");
      await look(page, `${theme}-search`);
      await page.keyboard.press("Escape");
      await editor.node("sample").getByText("sample", { exact: true }).first().click({ button: "right" });
      await expect(page.getByRole("menuitem").first()).toBeFocused();
      await look(page, `${theme}-node-menu`);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Wirebrush menu" }).click();
      await expect(page.getByRole("menuitem").first()).toBeFocused();
      await look(page, `${theme}-main-menu`);
      await page.keyboard.press("Escape");
      const wire = await editor.between("decode.image", "result.image");
      await page.mouse.click(wire.x, wire.y, { button: "right" });
      await page.getByRole("menuitem", { name: "Look at the value" }).click();
      await expect(page.getByRole("dialog", { name: "Value of decode.image" }).getByRole("img")).toBeVisible();
      await look(page, `${theme}-peek`);
    });

    test("a run under way, a wire under way, what is wrong", async ({ page }) => {
      const editor = await opened(page);
      await editor.setNumber("steps of sample", 100);
      await editor.runButton.click();
      await expect(editor.node("sample").getByRole("img", { name: "Preview of sample" })).toBeVisible({ timeout: RUN_MS });
      await look(page, `${theme}-running`);
      await page.keyboard.press("Control+.");
      await expect(editor.node("sample").getByText("Cancelled", { exact: true })).toBeVisible();

      await editor.select("t5", "clip");
      await page.keyboard.press("Shift+F");
      await page.keyboard.press("Enter");
      await editor.select("save");
      await page.keyboard.press("m");
      await editor.select("result");
      await page.keyboard.press("b");
      await look(page, `${theme}-frame-muted-bypassed`);

      const from = (await editor.output("fit.image").boundingBox())!;
      const to = (await editor.input("sample.clip").boundingBox())!;
      await page.mouse.move(from.x + 4, from.y + 4);
      await page.mouse.down();
      await page.mouse.move(to.x + 4, to.y + 4, { steps: 12 });
      await expect(page.getByRole("alert")).toBeVisible();
      await look(page, `${theme}-refused-wire`);
      await page.mouse.up();

      const graph = {
        format: "wirebrush/graph",
        version: 1,
        title: "Unknown",
        nodes: {
          photo: { type: "image/LoadImage", inputs: { file: "missing.png" }, note: "A **note** below the node." },
          sharp: { type: "acme/Sharpen", inputs: { image: { from: "photo.image" }, amount: 0.75 } },
          save: { type: "image/SaveImage", inputs: { image: { from: "sharp.picture" } } },
        },
        layout: { photo: [0, 0], sharp: [340, 0], save: [680, 0] },
      };
      await editor.dropFile(editor.canvas, { name: "u.json", type: "application/json", bytes: Buffer.from(JSON.stringify(graph)) });
      await expect(editor.node("sharp")).toBeVisible();
      await editor.openPanel("Problems");
      await expect(editor.panel("Problems").getByText(/acme/).first()).toBeVisible();
      await look(page, `${theme}-unknown-node`);
      await page.getByRole("button", { name: "Close Problems" }).click();
      await editor.newDocument();
      await look(page, `${theme}-empty`);
    });

    test("small windows", async ({ page }) => {
      const editor = await opened(page);
      await resize(page, 1024, 700);
      await editor.openPanel("Queue");
      await editor.tools.getByRole("button", { name: "Zoom to fit" }).click();
      await look(page, `${theme}-1024`);
      await page.getByRole("button", { name: "Close Queue" }).click();
      await resize(page, 390, 844);
      await editor.tools.getByRole("button", { name: "Zoom to fit" }).click();
      await look(page, `${theme}-phone-graph`);
      await editor.show("Form");
      await arrived(page);
      await look(page, `${theme}-phone-form`);
      await page.getByRole("region", { name: "Results" }).scrollIntoViewIfNeeded();
      await look(page, `${theme}-phone-form-end`);
    });
  });
}

test("the pictures of the documentation", async ({ page }) => {
  test.skip(process.env["WIREBRUSH_DOCS"] !== "1", "they are only drawn anew when WIREBRUSH_DOCS is 1");
  await page.emulateMedia({ colorScheme: "dark" });
  const editor = await opened(page);
  // The example is one wide row.
  await resize(page, 1440, 700);
  await editor.run("save");
  await editor.tools.getByRole("button", { name: "Zoom to fit" }).click();
  await editor.pressCanvas();
  await editor.still(editor.node("save"));
  await arrived(page);
  await page.screenshot({ path: join(repository, "docs/editor.png") });
  await page.setViewportSize({ width: 1100, height: 960 });
  await editor.show("Form");
  const result = page.getByRole("region", { name: "Results" }).getByRole("img").first();
  await expect(result).toBeVisible();
  await result.evaluate((image: HTMLImageElement) => image.decode());
  await page.screenshot({ path: join(repository, "docs/form.png") });
});

/** Gives the window another size, and the page the frame in which it notices. */
async function resize(page: Page, width: number, height: number): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Opens a dialog by its keys, looks at it, and closes it. */
async function shown(page: Page, theme: string, name: string, keys: string): Promise<void> {
  await page.keyboard.press(keys);
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await arrived(page);
  await look(page, `${theme}-${name}`);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
}

/** Waits for what a panel or dialog fetches when it opens, and for the pictures that are in sight. */
async function arrived(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() =>
    [...document.images].every((image) => {
      const { top, bottom, width } = image.getBoundingClientRect();
      const inSight = width > 0 && bottom > 0 && top < window.innerHeight;
      return image.complete || !inSight;
    }),
  );
  await page.evaluate(() => Promise.all([...document.images].filter((image) => image.complete).map((image) => image.decode().catch(() => undefined))));
}
