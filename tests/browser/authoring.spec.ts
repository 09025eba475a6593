/** Building graphs: by mouse, by keyboard, in the list; and everything that edits them, with undo. */
import { join } from "node:path";
import { expect, repository, test } from "./harness";
import { type Editor, middle, opened, type Point } from "./pages";

const SHAPES = join(repository, "examples/pictures/shapes.png");

/** The wires of an edit: a picture in, a sentence, a picture out. */
const EDIT: readonly [from: string, to: string][] = [
  ["load-image.image", "fit-to-model.image"],
  ["fit-to-model.image", "vae-encode.image"],
  ["text.text", "t5-encode.text"],
  ["text.text", "clip-encode.text"],
  ["t5-encode.t5", "flow-sample.t5"],
  ["clip-encode.clip", "flow-sample.clip"],
  ["vae-encode.latent", "flow-sample.references"],
  ["flow-sample.latent", "vae-decode.latent"],
  ["vae-decode.image", "save-image.image"],
];

async function expectEdit(editor: Editor): Promise<void> {
  await expect(editor.wires).toHaveCount(EDIT.length);
  for (const [from, to] of EDIT) await expect(editor.wire(from, to)).toHaveCount(1);
}

async function expectRuns(editor: Editor): Promise<void> {
  await editor.run("save-image");
  await expect(editor.node("save-image").getByRole("img", { name: "Result of save-image" })).toBeVisible();
}

test("the edit graph is built by mouse from an empty canvas, and runs", async ({ page }) => {
  const editor = await opened(page);
  await editor.newDocument();
  for (let step = 0; step < 4; step += 1) await editor.tools.getByRole("button", { name: "Zoom out" }).click();

  await editor.addAt({ x: 90, y: 120 }, "Load Image");
  await editor.extend("load-image.image", { x: 290, y: 140 }, "Fit to Model");
  await editor.extend("fit-to-model.image", { x: 490, y: 140 }, "VAE Encode");
  await editor.addAt({ x: 90, y: 420 }, "Text");
  await editor.extend("text.text", { x: 290, y: 440 }, "T5 Encode");
  await editor.extend("text.text", { x: 290, y: 620 }, "CLIP Encode");
  await editor.addAt({ x: 690, y: 180 }, "Flow Sample");
  await editor.connect("t5-encode.t5", "flow-sample.t5");
  await editor.connect("clip-encode.clip", "flow-sample.clip");
  await editor.connect("vae-encode.latent", "flow-sample.references");
  await editor.extend("flow-sample.latent", { x: 890, y: 200 }, "VAE Decode");
  await editor.extend("vae-decode.image", { x: 1090, y: 200 }, "Save Image");
  await expectEdit(editor);

  await editor.chooseFiles(async () => {
    await editor.node("load-image").getByRole("button", { name: /^file of load-image/ }).click();
    await page.getByRole("button", { name: "Upload…" }).click();
  }, SHAPES);
  await expect(editor.node("load-image").getByRole("button", { name: "file of load-image: shapes.png" })).toBeVisible();
  await expectRuns(editor);
});

test("the edit graph is built by keyboard alone from an empty canvas", async ({ page }) => {
  const editor = await opened(page);
  const { keyboard } = page;
  await keyboard.press("Alt+n");
  await expect(page.getByRole("heading", { name: "Nothing here yet" })).toBeVisible();

  const add = async (title: string, name: string) => {
    await keyboard.press("a");
    await expect(page.getByRole("combobox", { name: "Add a node" })).toBeFocused();
    await keyboard.type(title);
    await keyboard.press("Enter");
    await expect(editor.node(name)).toBeFocused();
  };
  const wire = async (from: string, to: string) => {
    await editor.node(from.split(".")[0]!).focus();
    await keyboard.press("Space");
    await keyboard.press("c");
    const dialog = page.getByRole("dialog", { name: /^Wire / });
    const output = dialog.getByRole("button", { name: new RegExp(`^${from.split(".")[1]} `) });
    const search = dialog.getByRole("textbox", { name: "Search inputs" });
    await expect(output.or(search)).toBeVisible();
    if (await output.isVisible()) {
      await output.focus();
      await keyboard.press("Enter");
    }
    await expect(search).toBeFocused();
    await keyboard.type(to.replace(".", " "));
    await keyboard.press("Enter");
    await expect(dialog).toBeHidden();
  };
  for (const [title, name] of [
    ["load image", "load-image"],
    ["fit to model", "fit-to-model"],
    ["vae encode", "vae-encode"],
    ["text text", "text"],
    ["t5 encode", "t5-encode"],
    ["clip encode", "clip-encode"],
    ["flow sample", "flow-sample"],
    ["vae decode", "vae-decode"],
    ["save image", "save-image"],
  ] as const) {
    await add(title, name);
  }
  for (const [from, to] of EDIT) await wire(from, to);
  await keyboard.press("l");
  await expectEdit(editor);
});

test("the list builds and wires a graph with the keyboard", async ({ page }) => {
  const editor = await opened(page);
  const { keyboard } = page;
  await editor.newDocument();
  await keyboard.press("Alt+3");
  for (const title of ["text text", "t5 encode"]) {
    await page.getByRole("button", { name: "Add node" }).focus();
    await keyboard.press("a");
    await expect(page.getByRole("combobox", { name: "Search node types" })).toBeFocused();
    await keyboard.type(title);
    await keyboard.press("Enter");
  }
  const tree = page.getByRole("tree");
  await expect(tree.getByRole("treeitem")).toHaveCount(2);
  const wire = page.getByRole("region", { name: "Details of t5-encode" }).getByRole("combobox", { name: "Wire into text of t5-encode" });
  await wire.focus();
  await wire.selectOption("text.text");
  await tree.getByRole("treeitem", { selected: true }).focus();
  await keyboard.press("Home");
  await keyboard.press("ArrowRight");
  await expect(tree.getByRole("treeitem", { name: /to t5-encode/ })).toBeVisible();
  await editor.show("Graph");
  await expect(editor.wire("text.text", "t5-encode.text")).toHaveCount(1);
});

test("a wire between kinds that do not match is refused, and says why", async ({ page }) => {
  const editor = await opened(page);
  const wires = await editor.wires.count();
  const target = await middle(editor.input("sample.t5"));
  await page.mouse.move(...xy(await middle(editor.output("fit.image"))));
  await page.mouse.down();
  await page.mouse.move(...xy(target), { steps: 15 });
  await expect(page.getByRole("alert")).toHaveText("The output gives an image, the input takes a kontext/t5@1.");
  await page.mouse.up();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(editor.wire("t5.t5", "sample.t5")).toHaveCount(1);
  await expect(editor.wires).toHaveCount(wires);
});

test("a wire drawn to an input that has one replaces it", async ({ page }) => {
  const editor = await opened(page);
  await editor.connect("photo.image", "reference.image");
  await expect(editor.wire("fit.image", "reference.image")).toHaveCount(0);
  await page.keyboard.press("Control+z");
  await expect(editor.wire("fit.image", "reference.image")).toHaveCount(1);
});

test("a node dropped on a wire is put into it; the stroke of the cutter takes wires away", async ({ page }) => {
  const editor = await opened(page);
  await editor.addAt({ x: 800, y: 700 }, "Invert");
  // It grows by the line that says what is missing.
  await expect(editor.node("invert").getByText(/^Wire an image into/)).toBeVisible();
  const between = await editor.between("decode.image", "result.image");
  const box = (await editor.node("invert").boundingBox())!;
  const grip = await middle(editor.node("invert").getByText("invert", { exact: true }).first());
  const center = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await editor.drag(grip, { x: grip.x + between.x - center.x, y: grip.y + between.y - center.y });
  await expect(editor.wire("decode.image", "invert.image")).toHaveCount(1);
  await expect(editor.wire("invert.image", "result.image")).toHaveCount(1);
  await expect(editor.wire("decode.image", "result.image")).toHaveCount(0);
  await page.keyboard.press("Control+z");
  await expect(editor.wire("decode.image", "result.image")).toHaveCount(1);
  await expect(editor.node("invert")).toBeVisible();

  const cut = await editor.between("result.image", "save.image");
  await editor.tools.getByRole("button", { name: "Cut wires" }).click();
  await editor.drag({ x: cut.x, y: cut.y - 60 }, { x: cut.x, y: cut.y + 60 });
  await expect(editor.wire("result.image", "save.image")).toHaveCount(0);
  await page.keyboard.press("Control+z");
  await expect(editor.wire("result.image", "save.image")).toHaveCount(1);
  await page.keyboard.press("Control+Shift+z");
  await expect(editor.wire("result.image", "save.image")).toHaveCount(0);
});

test("copied nodes are pasted with the wires between them, also in another window", async ({ page, context, server }) => {
  const editor = await opened(page);
  await editor.select("prompt", "t5");
  await page.keyboard.press("Control+c");
  await editor.pressCanvas();
  await page.keyboard.press("Control+v");
  await expect(editor.wire("prompt-2.text", "t5-2.text")).toHaveCount(1);
  await expect(editor.node("prompt-2").getByRole("textbox", { name: "text of prompt-2" })).toHaveValue("make the circle purple");

  const other = await context.newPage();
  await other.goto(server.url);
  const second = await opened(other);
  await second.newDocument();
  await second.pressCanvas();
  await other.keyboard.press("Control+v");
  await expect(second.nodes).toHaveCount(2);
  await expect(second.wire("prompt.text", "t5.text")).toHaveCount(1);
});

test("a selection becomes a subgraph, opens, and is unpacked again", async ({ page }) => {
  const editor = await opened(page);
  const wires = await editor.wires.count();
  await editor.select("t5", "clip");
  await page.keyboard.press("Control+g");
  const instance = editor.node("Subgraph");
  await expect(instance).toBeVisible();
  await expect(editor.node("t5")).toHaveCount(0);
  await expect(editor.wire("Subgraph.t5", "sample.t5")).toHaveCount(1);
  await expect(editor.wire("Subgraph.clip", "sample.clip")).toHaveCount(1);

  await page.keyboard.press("Alt+ArrowDown");
  const way = page.getByRole("navigation", { name: "Subgraph" });
  await expect(way.getByRole("button", { name: "Subgraph" })).toBeVisible();
  await expect(editor.nodes).toHaveCount(2);
  await page.keyboard.press("Alt+ArrowUp");
  await expect(way).toHaveCount(0);

  await editor.select("Subgraph");
  await page.keyboard.press("Control+Shift+g");
  await expect(instance).toHaveCount(0);
  await expect(editor.wire("prompt.text", "t5.text")).toHaveCount(1);
  await expect(editor.wires).toHaveCount(wires);
  await page.keyboard.press("Control+z");
  await expect(instance).toBeVisible();
});

test("a frame has a title and takes the nodes inside along", async ({ page }) => {
  const editor = await opened(page);
  await editor.select("t5", "clip");
  await page.keyboard.press("Shift+F");
  await expect(page.getByRole("textbox", { name: "Title of the frame" })).toBeFocused();
  await page.keyboard.type("Encode the words");
  await page.keyboard.press("Enter");
  await expect(editor.frame("Encode the words")).toBeVisible();

  const heights = async () => {
    const [frame, node] = await Promise.all([editor.frame("Encode the words").boundingBox(), editor.node("clip").boundingBox()]);
    return { frame: frame!.y, node: node!.y };
  };
  const before = await heights();
  const grip = await middle(editor.frame("Encode the words").getByText("Encode the words"));
  await editor.drag(grip, { x: grip.x, y: grip.y + 60 });
  await expect.poll(async () => (await heights()).frame).toBeGreaterThan(before.frame + 40);
  const after = await heights();
  expect(after.node - before.node).toBeCloseTo(after.frame - before.frame, 0);
  await page.keyboard.press("Control+z");
  await expect.poll(async () => (await heights()).node).toBeCloseTo(before.node, 0);
});

test("nodes are muted, bypassed, folded and renamed", async ({ page }) => {
  const editor = await opened(page);
  await editor.select("save");
  await page.keyboard.press("m");
  await expect(editor.node("save").getByText("Muted", { exact: true })).toBeVisible();
  await page.keyboard.press("m");
  await expect(editor.node("save").getByText("Muted", { exact: true })).toHaveCount(0);
  await page.keyboard.press("b");
  await expect(editor.node("save").getByText("Bypassed", { exact: true })).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(editor.node("save").getByText("Bypassed", { exact: true })).toHaveCount(0);

  const tall = (await editor.node("save").boundingBox())!.height;
  await page.keyboard.press("Alt+c");
  await expect.poll(async () => (await editor.node("save").boundingBox())!.height).toBeLessThan(tall / 2);
  await page.keyboard.press("Alt+c");

  await page.keyboard.press("F2");
  await expect(page.getByRole("textbox", { name: "Name of the node" })).toBeFocused();
  await page.keyboard.type("store");
  await page.keyboard.press("Enter");
  await expect(editor.wire("result.image", "store.image")).toHaveCount(1);
});

test("each action is undone and done again, also after the page was loaded anew", async ({ page }) => {
  const editor = await opened(page);
  const undo = page.getByRole("button", { name: /^Undo/ });
  const redo = page.getByRole("button", { name: /^Redo/ });
  const prompt = editor.node("prompt").getByRole("textbox", { name: "text of prompt" });
  await expect(undo).toBeDisabled();
  const id = await editor.saveNew("History");

  await prompt.fill("make the circle green");
  await prompt.blur();
  await expect(undo).toBeEnabled();
  await editor.select("clip");
  await page.keyboard.press("Delete");
  await expect(editor.node("clip")).toHaveCount(0);
  await editor.addAt({ x: 800, y: 700 }, "Invert");
  await expect(editor.node("invert")).toBeVisible();

  const back = async () => {
    await undo.click();
    await expect(editor.node("invert")).toHaveCount(0);
    await undo.click();
    await expect(editor.wire("clip.clip", "sample.clip")).toHaveCount(1);
    await undo.click();
    await expect(prompt).toHaveValue("make the circle purple");
    await expect(undo).toHaveAccessibleName("Undo: Save as “History”");
  };
  await back();
  await expect.poll(() => editor.draftOf(id)).toBeUndefined();
  for (let step = 0; step < 3; step += 1) await redo.click();
  await expect(redo).toBeDisabled();
  await expect(editor.node("invert")).toBeVisible();
  await expect(editor.node("clip")).toHaveCount(0);
  await expect(prompt).toHaveValue("make the circle green");

  await expect.poll(async () => Object.keys((await editor.draftOf(id))?.nodes ?? {})).toContain("invert");
  await page.reload();
  await expect(editor.node("invert")).toBeVisible();
  await back();
  await redo.click();
  await expect(prompt).toHaveValue("make the circle green");
});

function xy({ x, y }: Point): [number, number] {
  return [x, y];
}

test("a frame is copied, duplicated and cut with the nodes in it", async ({ page }) => {
  const editor = await opened(page);
  await editor.select("t5", "clip");
  await page.keyboard.press("Shift+F");
  await page.keyboard.type("Words");
  await page.keyboard.press("Enter");

  await editor.select("t5", "clip");
  await page.keyboard.press("Control+d");
  await expect(editor.frame("Words-2")).toBeVisible();
  await expect(editor.node("t5-2")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(editor.frame("Words-2")).toHaveCount(0);

  await editor.select("t5");
  await page.keyboard.press("Control+d");
  await expect(editor.node("t5-2")).toBeVisible();
  await expect(editor.frame("Words-2"), "a frame around more than the selection stays").toHaveCount(0);
  await page.keyboard.press("Control+z");

  await editor.select("t5", "clip");
  await page.keyboard.press("Control+x");
  await expect(editor.frame("Words")).toHaveCount(0);
  await page.keyboard.press("Control+v");
  await expect(editor.frame("Words")).toBeVisible();
  await expect(editor.node("clip")).toBeVisible();
});
