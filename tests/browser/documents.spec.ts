/** Documents: saved, versioned, recovered, in conflict, opened from files and given away as files. */
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, Server, test } from "./harness";
import { type Graph, opened, RUN_MS } from "./pages";

const PROMPT = "make the circle purple";

const promptIn = (graph: Graph | undefined) => graph?.nodes["prompt"]?.inputs?.["text"];

test("a document is saved in versions; an older one comes back; a copy has a name of its own", async ({ page }) => {
  const editor = await opened(page);
  const id = await editor.saveNew("My edit");
  await expect(editor.activeTab).toHaveText("My edit");
  await editor.setPrompt("make the star blue");
  await editor.save();
  expect(promptIn(await editor.savedGraph(id))).toBe("make the star blue");

  await page.keyboard.press("Control+o");
  await page.getByRole("button", { name: "Versions of My edit" }).click();
  const versions = page.getByRole("list", { name: "Versions of My edit" }).getByRole("listitem");
  await expect(versions).toHaveCount(2);
  await versions.last().getByRole("button", { name: "Restore" }).click();
  await expect(page.getByRole("textbox", { name: "text of prompt" })).toHaveValue(PROMPT);
  await editor.save();
  const { versions: kept } = await editor.api<{ versions: { version: number }[] }>(`/api/graphs/${id}/versions`);
  expect(kept.map(({ version }) => version)).toEqual([3, 2, 1]);
  expect(promptIn(await editor.savedGraph(id))).toBe(PROMPT);

  await page.keyboard.press("Control+Shift+S");
  const dialog = page.getByRole("dialog", { name: "Save as" });
  await dialog.getByLabel("Name").fill("A copy");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await expect(editor.activeTab).toHaveText("A copy");
  const { graphs } = await editor.api<{ graphs: { name: string }[] }>("/api/graphs");
  expect(graphs.map(({ name }) => name).sort()).toEqual(["A copy", "My edit"]);

  await page.reload();
  await expect(editor.activeTab).toHaveText("A copy");
});

test("after the server was killed a run is marked as interrupted, and the open page goes on", async ({ page, server }) => {
  const editor = await opened(page);
  const id = await editor.saveNew("Through a crash");
  await editor.setNumber("steps of sample", 100);
  await editor.runButton.click();
  await expect(editor.node("sample").getByText(/^\d+ of 100$/)).toBeVisible({ timeout: RUN_MS });
  await server.kill();
  await expect(page.getByText("The server does not answer.")).toBeVisible();
  await editor.setPrompt("written while the server was away");

  const again = await Server.start([], server.data, Number(new URL(server.url).port));
  try {
    await expect(page.getByText("The server does not answer.")).toHaveCount(0);
    const queue = await editor.openPanel("Queue");
    await expect(queue.getByText("Interrupted")).toBeVisible();
    await editor.save();
    expect(promptIn(await editor.savedGraph(id))).toBe("written while the server was away");
    await queue.getByRole("button", { name: /again$/ }).click();
    await expect(queue.getByText("Done", { exact: true })).toBeVisible({ timeout: RUN_MS });
  } finally {
    await again.kill();
  }
});

test("unsaved changes survive the server and the browser both", async ({ page, server }) => {
  const editor = await opened(page);
  const id = await editor.saveNew("Draft");
  await editor.setPrompt("not saved yet");
  await expect.poll(async () => promptIn(await editor.draftOf(id))).toBe("not saved yet");
  await server.kill();

  // Another port is another origin: the browser has nothing of the document.
  const again = await Server.start([], server.data);
  try {
    await page.goto(again.url);
    await opened(page);
    await page.keyboard.press("Control+o");
    const saved = page.getByRole("dialog", { name: "Open" }).getByRole("button", { name: /^Draft/ });
    await expect(saved).toContainText("Unsaved changes");
    await saved.click();
    await expect(page.getByText("Unsaved changes were recovered.")).toBeVisible();
    await expect(page.getByRole("textbox", { name: "text of prompt" })).toHaveValue("not saved yet");
    await page.getByRole("button", { name: "Back to what was saved" }).click();
    await expect(page.getByRole("textbox", { name: "text of prompt" })).toHaveValue(PROMPT);
  } finally {
    await again.kill();
  }
});

test("two windows that change one document are told, and nothing is overwritten silently", async ({ page, context, server }) => {
  const editor = await opened(page);
  const id = await editor.saveNew("Shared");
  const otherPage = await context.newPage();
  await otherPage.goto(server.url);
  const other = await opened(otherPage);
  await otherPage.keyboard.press("Control+o");
  await otherPage.getByRole("dialog", { name: "Open" }).getByRole("button", { name: /^Shared/ }).click();
  await expect(other.activeTab).toHaveText("Shared");

  await other.setPrompt("theirs");
  await editor.setPrompt("mine");
  await editor.save();
  await expect(otherPage.getByRole("alert")).toContainText("Somebody saved version 2 of this document");
  await otherPage.keyboard.press("Control+s");
  await expect(otherPage.getByRole("alert")).toContainText("Nothing was overwritten");
  expect(promptIn(await editor.savedGraph(id))).toBe("mine");

  await otherPage.getByRole("button", { name: "Save mine as new version" }).click();
  await expect(otherPage.getByRole("alert")).toHaveCount(0);
  await expect.poll(async () => promptIn(await editor.savedGraph(id))).toBe("theirs");
  await expect(page.getByRole("textbox", { name: "text of prompt" })).toHaveValue("theirs");
});

test("a result carries its graph: dropped onto the page, it opens", async ({ page }) => {
  const editor = await opened(page);
  await editor.setPrompt("make the square black");
  await editor.run("save");
  const asset = (await editor.runs())[0]?.outputs.find(({ value }) => value.asset)?.value.asset;
  const picture = await page.request.get(new URL(`/api/assets/${asset!.hash}`, page.url()).href);
  await editor.setPrompt("something else");

  await editor.dropFile(editor.canvas, { name: "result.png", type: "image/png", bytes: await picture.body() });
  await expect(editor.tabs).toHaveCount(2);
  await expect(editor.nodes).toHaveCount(10);
  await expect(page.getByRole("textbox", { name: "text of prompt" })).toHaveValue("make the square black");
  await editor.run("save", /^(Done|Cached)/);
});

test("a graph with an unknown node shows its names, values and wires, and is saved unchanged", async ({ page }) => {
  const editor = await opened(page);
  const graph = {
    format: "wirebrush/graph",
    version: 1,
    title: "From elsewhere",
    requires: { acme: "^2.0", image: "^0.1" },
    nodes: {
      photo: { type: "image/LoadImage", inputs: { file: "cup.png" } },
      sharp: { type: "acme/Sharpen", inputs: { image: { from: "photo.image" }, amount: 0.75, curve: { points: [0, 1] } }, flavor: "kept" },
      save: { type: "image/SaveImage", inputs: { image: { from: "sharp.picture" }, name: "out" } },
    },
    layout: { photo: [0, 0], sharp: [300, 0], save: [600, 0] },
    "acme/session": { seen: true },
  };
  await editor.dropFile(editor.canvas, { name: "elsewhere.json", type: "application/json", bytes: Buffer.from(JSON.stringify(graph)) });
  const unknown = editor.node("sharp");
  await expect(unknown).toContainText("acme/Sharpen");
  await expect(unknown).toContainText("0.75");
  await expect(unknown).toContainText("curve");
  await expect(editor.wire("photo.image", "sharp.image")).toHaveCount(1);
  await expect(editor.wire("sharp.picture", "save.image")).toHaveCount(1);
  const id = await editor.saveNew(graph.title);
  expect(await editor.savedGraph(id)).toEqual(graph);

  await editor.select("save");
  await page.keyboard.press("m");
  await editor.save();
  expect(await editor.savedGraph(id)).toEqual({ ...graph, nodes: { ...graph.nodes, save: { ...graph.nodes.save, state: "muted" } } });
});

test("JSON, a bundle and a picture with the graph are exported, and open again", async ({ page }) => {
  const editor = await opened(page);
  await editor.run("save");
  const id = await editor.saveNew("To give away");
  const graph = await editor.savedGraph(id);

  const json = await exported(page, /^JSON/);
  const { models, ...given } = JSON.parse(await readFile(json, "utf8"));
  expect(given).toEqual(graph);
  expect(models).toEqual({ "kontext-tiny": expect.objectContaining({ role: "set" }) });
  const bundle = await exported(page, /^Bundle/);
  expect((await readFile(bundle)).subarray(0, 2).toString()).toBe("PK");
  const picture = await exported(page, /^Picture with graph/);

  for (const [index, path] of [json, bundle, picture].entries()) {
    await editor.chooseFiles(() => editor.mainMenu(/^Open a file/), path);
    await expect(editor.tabs).toHaveCount(index + 2);
    await expect(editor.nodes).toHaveCount(10);
    await expect(page.getByRole("textbox", { name: "text of prompt" })).toHaveValue(PROMPT);
  }
});

test("prompts and file names are left out of what is exported when asked", async ({ page }) => {
  await opened(page);
  const path = await exported(page, /^JSON/, ["Prompts", "File names and paths"]);
  const text = await readFile(path, "utf8");
  expect(text).not.toContain(PROMPT);
  expect(text).not.toContain("shapes");
  expect(JSON.parse(text)).toHaveProperty("nodes.prompt.type", "text/Text");
});

test("every template opens without a problem", async ({ page }) => {
  const editor = await opened(page);
  const { templates } = await editor.api<{ templates: { title: string; graph: Graph }[] }>("/api/templates");
  expect(templates.length).toBeGreaterThanOrEqual(5);
  for (const { title, graph } of templates) {
    await page.keyboard.press("Alt+o");
    await page.getByRole("dialog", { name: "Templates" }).getByRole("button", { name: new RegExp(`^${title}`) }).click();
    await expect(editor.activeTab).toHaveText(new RegExp(`^${title}`));
    await expect(editor.nodes).toHaveCount(Object.keys(graph.nodes).length);
    await expect(page.getByRole("navigation", { name: "Panels" }).getByRole("button", { name: "Problems", exact: true })).toBeVisible();
  }
});

/** Exports the document in front; gives the path of the file. */
async function exported(page: Page, format: RegExp, without: string[] = []): Promise<string> {
  await page.keyboard.press("Control+e");
  const dialog = page.getByRole("dialog", { name: /^Share / });
  await dialog.getByRole("radio", { name: format }).check();
  for (const what of without) await dialog.getByRole("checkbox", { name: what }).check();
  const download = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Download" }).click();
  await expect(dialog).toBeHidden();
  return (await download).path();
}
