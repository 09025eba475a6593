/** The editor as people use it: what tests press and read, found by role and name. */
import { expect, type Locator, type Page } from "@playwright/test";

/** A place in the window, in CSS pixels. */
export interface Point {
  x: number;
  y: number;
}

/** Of a graph document, what tests look at. */
export interface Graph {
  nodes: Record<string, { type: string; inputs?: Record<string, unknown>; state?: string; [more: string]: unknown }>;
  layout?: Record<string, unknown>;
  definitions?: Record<string, { nodes: Graph["nodes"] }>;
  exposed?: Record<string, unknown>;
  [more: string]: unknown;
}

/** Of a run, what tests look at. */
export interface RunSummary {
  id: string;
  status: string;
  retry_of?: string;
  position?: number;
  outputs: { name: string; value: { summary: string; asset?: { hash: string; name: string } } }[];
}

/** Longer than a short run takes on a busy machine. */
export const RUN_MS = 60_000;

/** Of the recolor example. */
const EXAMPLE_WIRES = 11;

/** Steps of a drag: enough for what follows the pointer to notice it. */
const DRAG_STEPS = 12;

export class Editor {
  constructor(readonly page: Page) {}

  /** The plane with nodes and wires. */
  get canvas(): Locator {
    return this.page.getByRole("application", { name: "Graph" });
  }

  get tools(): Locator {
    return this.page.getByRole("toolbar", { name: "Canvas tools" });
  }

  get runButton(): Locator {
    return this.page.getByRole("banner").getByRole("button", { name: "Run", exact: true });
  }

  get tabs(): Locator {
    return this.page.getByRole("tablist", { name: "Documents" }).getByRole("tab");
  }

  get activeTab(): Locator {
    return this.page.getByRole("tablist", { name: "Documents" }).getByRole("tab", { selected: true });
  }

  /** Sentences that are shown for a few seconds. */
  notice(text: string | RegExp): Locator {
    return this.page.getByRole("status").getByText(text);
  }

  node(name: string): Locator {
    return this.page.getByRole("group", { name: new RegExp(`, node ${escape(name)}$`) });
  }

  get nodes(): Locator {
    return this.page.getByRole("group", { name: /, node / });
  }

  frame(title: string): Locator {
    return this.page.getByLabel(`Frame ${title}`, { exact: true });
  }

  /** A wire from `node.output` to `node.input`. */
  wire(from: string, to: string): Locator {
    const [source, output] = split(from);
    const [target, input] = split(to);
    const name = new RegExp(`^Wire from .*\\b${escape(source)}, output ${escape(output)}, to .*\\b${escape(target)}, input ${escape(input)}$`);
    return this.page.getByRole("img", { name });
  }

  get wires(): Locator {
    return this.page.getByRole("img", { name: /^Wire from / });
  }

  /** The port of an output. Ports have no role: they are for the mouse; the keyboard wires through a dialog. */
  output(address: string): Locator {
    return this.page.locator(`[data-port="${address}"][data-handlepos="right"]`);
  }

  /** The port of an input; of a list input the place that adds an item. */
  input(address: string): Locator {
    return this.page.locator(`[data-port="${address}"][data-handlepos="left"]`);
  }

  panel(title: string): Locator {
    return this.page.getByRole("complementary", { name: title });
  }

  async openPanel(title: string): Promise<Locator> {
    const panel = this.panel(title);
    if (!(await panel.isVisible())) {
      await this.page.getByRole("navigation", { name: "Panels" }).getByRole("button", { name: new RegExp(`^${title}(: \\d+)?$`) }).click();
    }
    await expect(panel).toBeVisible();
    return panel;
  }

  async show(view: "Graph" | "Form" | "List"): Promise<void> {
    await this.page.getByRole("radio", { name: view }).click();
  }

  async newDocument(): Promise<void> {
    await this.page.getByRole("button", { name: "New document" }).click();
    await expect(this.page.getByRole("heading", { name: "Nothing here yet" })).toBeVisible();
  }

  /** Presses where the canvas shows nothing, so that single keys are commands and nothing is selected. */
  async pressCanvas(at: Point = { x: 620, y: 860 }): Promise<void> {
    await this.page.mouse.click(at.x, at.y);
  }

  async drag(from: Locator | Point, to: Locator | Point): Promise<void> {
    const [start, end] = [await middle(from), await middle(to)];
    const { mouse } = this.page;
    await mouse.move(start.x, start.y);
    await mouse.down();
    await mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: DRAG_STEPS });
    await mouse.move(end.x, end.y, { steps: DRAG_STEPS });
    await mouse.up();
  }

  /** Adds a node where the canvas is double-clicked. */
  async addAt(at: Point, title: string): Promise<void> {
    await this.page.mouse.dblclick(at.x, at.y);
    await this.choose("Add a node", title);
  }

  /** Chooses a node type in the search that is open. */
  async choose(search: string | RegExp, title: string): Promise<void> {
    const popover = this.page.getByRole("dialog", { name: search });
    await popover.getByRole("option", { name: new RegExp(`^${escape(title)}`) }).first().click();
    await expect(popover).toBeHidden();
  }

  /** Draws a wire into empty space and takes a node that fits. */
  async extend(from: string, to: Point, title: string): Promise<void> {
    await this.drag(this.output(from), to);
    await this.choose(/^Nodes that fit/, title);
  }

  async connect(from: string, to: string): Promise<void> {
    await this.drag(this.output(from), this.input(to));
    await expect(this.wire(from, to)).toHaveCount(1);
  }

  /** Selects nodes one after the other by their titles' bars. */
  async select(...names: string[]): Promise<void> {
    for (const [index, name] of names.entries()) {
      await this.node(name).getByText(name, { exact: true }).first().click(index === 0 ? {} : { modifiers: ["Control"] });
    }
  }

  /** Types a number into a slider or number field of a node. */
  async setNumber(name: string, value: number): Promise<void> {
    const field = this.page.getByRole("slider", { name, exact: true }).or(this.page.getByRole("spinbutton", { name, exact: true }));
    await field.focus();
    await this.page.keyboard.press("Enter");
    const typed = this.page.getByRole("textbox", { name, exact: true });
    await typed.fill(String(value));
    await typed.press("Enter");
    await expect(field).toHaveAttribute("aria-valuenow", String(value));
  }

  async setPrompt(text: string): Promise<void> {
    const field = this.page.getByRole("textbox", { name: "text of prompt" });
    await field.fill(text);
    await field.blur();
  }

  /** Runs the document and waits for a node's word about how it went. */
  async run(node: string, outcome: RegExp = /^Done/): Promise<void> {
    await this.runButton.click();
    await expect(this.node(node).getByText(outcome)).toBeVisible({ timeout: RUN_MS });
  }

  /** Runs, newest first, as the server lists them. */
  async runs(): Promise<RunSummary[]> {
    return (await this.api<{ runs: RunSummary[] }>("/api/runs")).runs;
  }

  /** The middle of a short wire in the window. */
  async between(from: string, to: string): Promise<Point> {
    const [a, b] = [await middle(this.output(from)), await middle(this.input(to))];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  }

  /** Runs the item of a node's context menu. */
  async nodeMenu(name: string, item: string | RegExp): Promise<void> {
    await this.node(name).getByText(name, { exact: true }).first().click({ button: "right" });
    await this.page.getByRole("menuitem", { name: item }).click();
  }

  async mainMenu(item: string | RegExp): Promise<void> {
    await this.page.getByRole("button", { name: "Wirebrush menu" }).click();
    await this.page.getByRole("menuitem", { name: item }).click();
  }

  /** Runs a command by its name in the palette. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press("Control+k");
    const search = this.page.getByRole("combobox", { name: "Search commands" });
    await search.fill(title);
    await expect(this.page.getByRole("dialog", { name: "Commands" }).getByRole("option").first()).toContainText(title);
    await search.press("Enter");
    await expect(search).toHaveCount(0);
  }

  /** Saves a document that was never saved; gives its id on the server. */
  async saveNew(name: string): Promise<string> {
    await this.page.keyboard.press("Control+s");
    const dialog = this.page.getByRole("dialog", { name: "Save as" });
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(this.notice(`Saved as ${name}.`)).toBeVisible();
    const { graphs } = await this.api<{ graphs: { id: string; name: string }[] }>("/api/graphs");
    const found = graphs.find((graph) => graph.name === name);
    expect(found, `the server has a graph called ${name}`).toBeDefined();
    return found!.id;
  }

  /** Saves a document that was saved before. */
  async save(): Promise<void> {
    await this.page.keyboard.press("Control+s");
    await expect(this.page.getByRole("button", { name: "Saved", exact: true })).toBeVisible();
  }

  async savedGraph(id: string): Promise<Graph> {
    return (await this.api<{ graph: Graph }>(`/api/graphs/${id}`)).graph;
  }

  /** What the server keeps of unsaved changes. */
  async draftOf(id: string): Promise<Graph | undefined> {
    return (await this.api<{ draft?: { graph: Graph } }>(`/api/graphs/${id}`)).draft?.graph;
  }

  /** Waits until the view has stopped moving. */
  async still(element: Locator): Promise<void> {
    let before = "";
    await expect
      .poll(async () => {
        const now = JSON.stringify(await element.boundingBox());
        const same = now === before;
        before = now;
        return same;
      })
      .toBe(true);
  }

  /** What the server answers to a GET. */
  async api<T>(path: string): Promise<T> {
    const answer = await this.page.request.get(new URL(path, this.page.url()).href);
    expect(answer.status(), path).toBe(200);
    return (await answer.json()) as T;
  }

  /** Chooses files where the page asks for some. */
  async chooseFiles(open: () => Promise<void>, ...paths: string[]): Promise<void> {
    const chooser = this.page.waitForEvent("filechooser");
    await open();
    await (await chooser).setFiles(paths);
  }

  /** Drops a file on an element, as from the file manager. */
  async dropFile(target: Locator, file: { name: string; type: string; bytes: Buffer }): Promise<void> {
    const transfer = await this.page.evaluateHandle(({ name, type, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], name, { type }));
      return data;
    }, { name: file.name, type: file.type, base64: file.bytes.toString("base64") });
    const { x, y } = await middle(target);
    for (const type of ["dragenter", "dragover", "drop"]) {
      await target.dispatchEvent(type, { dataTransfer: transfer, clientX: x, clientY: y });
    }
  }
}

export async function middle(of: Locator | Point): Promise<Point> {
  if ("x" in of) return of;
  await expect(of).toBeVisible();
  const box = (await of.boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** The editor of a page that shows what a first visit shows: the recolor example, ready to run. */
export async function opened(page: Page): Promise<Editor> {
  const editor = new Editor(page);
  await expect(editor.wires).toHaveCount(EXAMPLE_WIRES);
  await editor.still(editor.node("save"));
  return editor;
}

function split(address: string): [string, string] {
  const dot = address.indexOf(".");
  return [address.slice(0, dot), address.slice(dot + 1)];
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
