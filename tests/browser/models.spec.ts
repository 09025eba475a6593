/** Models: what is here, and graphs whose model is not. */
import { expect, look, test } from "./harness";
import { opened } from "./pages";

// What a model is, the server knows at the latest when it has run.

/** What the embedded model's files say of themselves. */
const NOTE = { blake3: "0".repeat(64), role: "set", family: "FLUX.1 Kontext or dev", pull: "acme/model" };

test("a graph whose model is missing offers those of its family and the command that gets it", async ({ page }) => {
  const editor = await opened(page);
  await editor.run("save");
  const inputs = { text: "a cup", model: "gone" };
  const nodes = { clip: { type: "kontext/CLIPEncode", inputs }, t5: { type: "kontext/T5Encode", inputs } };
  const graph = { format: "wirebrush/graph", version: 1, title: "Gone", models: { gone: NOTE }, nodes };
  await editor.dropFile(editor.canvas, { name: "Gone.json", type: "application/json", bytes: Buffer.from(JSON.stringify(graph)) });
  await expect(editor.activeTab).toHaveText("Gone");

  const panel = await editor.openPanel("Problems");
  await expect(panel.getByText("wirebrush model pull acme/model").first()).toBeVisible();
  const offer = panel.getByRole("region", { name: "Missing models" });
  await expect(offer).toContainText("gone");
  await look(page, "missing-model");
  await offer.getByRole("button", { name: "Use kontext-tiny" }).click();
  await expect(panel.getByText("No problems")).toBeVisible();
  await expect(page.getByRole("button", { name: /model of clip: kontext-tiny/i }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: /model of t5: kontext-tiny/i }).first()).toBeVisible();
});

test("the list of models says what each is for", async ({ page }) => {
  const editor = await opened(page);
  await editor.run("save");
  await editor.select("t5");
  await page.getByRole("button", { name: /model of t5: kontext-tiny/i }).first().click();
  const option = page.getByRole("option", { name: /kontext-tiny/ });
  await expect(option).toContainText("set · FLUX.1 Kontext or dev ·");
  await look(page, "models");
});
