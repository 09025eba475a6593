/** The form view, as on a phone. */
import type { Page } from "@playwright/test";
import { expect, test } from "./harness";
import { opened, RUN_MS } from "./pages";

/** How much wider the page is than the window, in CSS pixels. */
const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("a prompt is written and run in the form, and the result is seen, without scrolling sideways", async ({ page }) => {
    const editor = await opened(page);
    await editor.show("Form");
    const form = page.getByRole("region", { name: "Form of Recolor" });
    await expect(form.getByRole("img", { name: "Image: shapes.png" })).toBeVisible();
    expect(await overflow(page)).toBeLessThanOrEqual(0);

    await form.getByRole("textbox", { name: "Prompt" }).fill("make the square orange");
    await form.getByRole("button", { name: "Run", exact: true }).click();
    const result = form.getByRole("region", { name: "Results" }).getByRole("img", { name: /\.png$/ });
    await expect(result).toBeVisible({ timeout: RUN_MS });
    await result.scrollIntoViewIfNeeded();
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    const [run] = await editor.runs();
    const { graph } = await editor.api<{ graph: { nodes: Record<string, { inputs?: { text?: string } }> } }>(`/api/runs/${run!.id}`);
    expect(graph.nodes["prompt"]?.inputs?.text).toBe("make the square orange");
  });

  test("the form is edited in place: fields come, move, and go", async ({ page }) => {
    const editor = await opened(page);
    await editor.show("Form");
    const form = page.getByRole("region", { name: "Form of Recolor" });
    await form.getByRole("button", { name: "Edit form" }).click();
    await form.getByRole("button", { name: "Add width of sample to the form" }).click();
    await form.getByRole("button", { name: "Take seed out of the form" }).click();
    await form.getByRole("button", { name: "Move width up" }).click();
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await form.getByRole("button", { name: "Done" }).click();
    await expect(form.getByRole("spinbutton", { name: "Width" })).toBeVisible();
    await expect(form.getByRole("spinbutton", { name: "Seed" })).toHaveCount(0);
  });
});

test("an input offered in the graph appears in the form, and its value is the graph's", async ({ page }) => {
  const editor = await opened(page);
  await editor.nodeMenu("sample", "Show “guidance” in the form");
  await editor.show("Form");
  await editor.setNumber("Guidance", 4.5);
  await editor.show("Graph");
  await expect(editor.node("sample").getByRole("slider", { name: "guidance of sample" })).toHaveAttribute("aria-valuenow", "4.5");
  await editor.nodeMenu("sample", "Take “guidance” out of the form");
  await editor.show("Form");
  await expect(page.getByRole("slider", { name: "Guidance" })).toHaveCount(0);
});
