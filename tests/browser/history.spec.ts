/** Runs that are over: searched, cleared, and what they said after a reload; and what can be done with their pictures. */
import { expect, look, test } from "./harness";
import { type Graph, opened, RUN_MS } from "./pages";

test("runs and their pictures are searched for, and those that are found are forgotten", async ({ page }) => {
  const editor = await opened(page);
  await editor.run("save");
  await editor.saveNew("Second thoughts");
  await editor.runButton.click();
  await expect.poll(async () => (await editor.runs()).filter((run) => run.status === "finished").length, { timeout: RUN_MS }).toBe(2);

  const queue = await editor.openPanel("Queue");
  const ended = queue.getByRole("region", { name: "Ended" }).getByRole("listitem");
  await expect(ended).toHaveCount(2);
  const words = queue.getByRole("searchbox", { name: "Search runs" });
  await words.fill("no such words");
  await expect(queue.getByText("No run fits “no such words”.")).toBeVisible();
  await expect(queue.getByRole("button", { name: "Clear" })).toBeDisabled();
  await words.fill("THOUGHTS second");
  await expect(ended).toHaveCount(1);
  await look(page, "history-search");
  await queue.getByRole("button", { name: "Clear" }).click();
  await queue.getByRole("button", { name: "Forget" }).click();
  await expect(editor.notice("1 run forgotten.")).toBeVisible();
  await expect(words).toHaveValue("");
  await expect(ended).toHaveCount(1);
  expect((await editor.runs()).map((run) => run.status)).toEqual(["finished"]);

  const gallery = await editor.openPanel("Gallery");
  const search = gallery.getByRole("searchbox", { name: "Search pictures" });
  await expect(gallery.getByRole("listitem")).toHaveCount(1);
  await search.fill("thoughts");
  await expect(gallery.getByText("No picture fits “thoughts”.")).toBeVisible();
  await search.fill("recolor");
  await expect(gallery.getByRole("listitem")).toHaveCount(1);
});

test("a node's picture shown large offers what the gallery offers", async ({ page }) => {
  const editor = await opened(page);
  await editor.run("save");
  await editor.node("save").getByRole("img", { name: "Result of save" }).dblclick();
  const large = page.getByRole("dialog", { name: "Result of save" });
  for (const name of ["Use as input", "Compare", "Download with graph", "Open its graph"]) {
    await expect(large.getByRole("button", { name })).toBeVisible();
  }
  await expect(large.getByRole("link", { name: "Download" })).toHaveAttribute("download", /\.png$/);
  await look(page, "picture-large");
  await large.getByRole("button", { name: "Compare" }).click();
  await expect(page.getByRole("dialog", { name: "Compare" })).toBeVisible();
  await page.keyboard.press("Escape");

  await editor.show("Form");
  await page.getByRole("region", { name: "Results" }).getByTitle("Show large").click();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Open its graph" })).toBeVisible();
});

test("what nodes wrote is read after the page was loaded anew", async ({ page }) => {
  const editor = await opened(page);
  const { templates } = await editor.api<{ templates: { id: string; graph: Graph }[] }>("/api/templates");
  const graph = {
    format: "wirebrush/graph",
    version: 1,
    nodes: {
      photo: templates.find(({ id }) => id === "recolor")!.graph.nodes["photo"]!,
      crop: { type: "image/Crop", inputs: { image: { from: "photo.image" }, width: 9999 } },
      save: { type: "image/SaveImage", inputs: { image: { from: "crop.image" } } },
    },
    layout: { photo: [0, 0], crop: [300, 0], save: [600, 0] },
  };
  await editor.dropFile(editor.canvas, { name: "c.json", type: "application/json", bytes: Buffer.from(JSON.stringify(graph)) });
  await editor.run("save");
  const log = (await editor.openPanel("Log")).getByRole("log");
  await expect(log.getByText(/instead of 9999/)).toHaveCount(1);
  await page.reload();
  await expect(log.getByText(/instead of 9999/)).toHaveCount(1);
  await expect(log.getByRole("button", { name: "crop" })).toBeVisible();
});

test("templates begin with the focus on the first, and a narrow canvas has no minimap", async ({ page }) => {
  const editor = await opened(page);
  await expect(page.getByRole("application", { name: /^Minimap/ })).toBeVisible();
  await page.keyboard.press("Alt+o");
  await expect(page.getByRole("dialog", { name: "Templates" }).getByRole("listitem").first().getByRole("button")).toBeFocused();
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(page.getByRole("application", { name: /^Minimap/ })).toHaveCount(0);
  await expect(editor.canvas).toBeVisible();
});
