/** Plugins in the editor: installed with consent, disabled, chosen among versions, removed; offered where one is missing. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "@playwright/test";
import { examples, expect, look, prepare, program, Server, test } from "./harness";
import { type Graph, opened, RUN_MS } from "./pages";

const ID = "example.vignette";

interface Shop {
  readonly folder: string;
  file(version: string): string;
  /** Makes a package of this version that somebody else has signed. */
  forge(version: string): string;
}

/** A folder with signed packages of the vignette example, one a version, and an index of them. */
function shop(...versions: string[]): Shop {
  const folder = mkdtempSync(join(tmpdir(), "wirebrush-shop-"));
  const plugin = (...args: string[]) => {
    const { status, stderr } = spawnSync(program, ["plugin", ...args], {
      cwd: folder,
      env: { ...process.env, WIREBRUSH_DATA_DIR: join(folder, "data") },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`wirebrush plugin ${args.join(" ")}: ${stderr}`);
  };
  const file = (version: string) => join(folder, `vignette-${version}.wbplugin`);
  const pack = (version: string, key: string) => {
    const source = join(folder, `source-${version}`);
    cpSync(join(examples, "component", ID), source, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(source, "plugin.json"), "utf8")) as object;
    writeFileSync(join(source, "plugin.json"), JSON.stringify({ ...manifest, version }));
    plugin("pack", source, "-o", file(version), "--key", key);
    return file(version);
  };
  const forge = (version: string) => {
    plugin("keygen", "-o", "other.pem");
    return pack(version, "other.pem");
  };
  plugin("keygen", "-o", "key.pem");
  versions.forEach((version) => pack(version, "key.pem"));
  plugin("index", "build", ".");
  return { folder, file, forge };
}

test("a package is installed once the user agrees, goes back a version, is disabled and removed", async ({ page }) => {
  const { folder, file } = shop("1.0.0", "1.1.0");
  try {
    const editor = await opened(page);
    const panel = await editor.openPanel("Plugins");
    const files = panel.getByLabel("Plugin packages");
    await files.setInputFiles(file("1.0.0"));
    const question = page.getByRole("dialog", {
      name: "Install Vignette 1.0.0?",
    });
    await expect(question).toContainText("sandbox");
    await question.getByRole("button", { name: "Cancel" }).click();
    await expect(panel.getByText(ID)).toHaveCount(0);

    await files.setInputFiles(file("1.0.0"));
    await question.getByRole("button", { name: "Install", exact: true }).click();
    const card = panel.locator("details", { hasText: ID });
    await expect(card).toContainText("1.0.0 · sandboxed");
    await files.setInputFiles(file("1.1.0"));
    await expect(card).toContainText("1.1.0 · sandboxed");

    await card.locator("summary").click();
    const older = card.getByRole("listitem").filter({ hasText: "1.0.0" });
    await older.getByRole("button", { name: "Use" }).click();
    await expect(card.locator("summary")).toContainText("1.0.0");
    await card.getByRole("button", { name: "Disable" }).click();
    await expect(card.locator("summary")).toContainText("disabled");
    await card.getByRole("button", { name: "Enable" }).click();
    await expect(card.locator("summary")).not.toContainText("disabled");
    await look(page, "plugins");
    await card.getByRole("button", { name: "Remove…" }).click();
    await card.getByRole("button", { name: "Remove with all it kept" }).click();
    await expect(card).toHaveCount(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a key that has changed is loud, and taken only when the user knows it to be the publisher's", async ({
  page,
}) => {
  const { folder, file, forge } = shop("1.0.0");
  try {
    const editor = await opened(page);
    const panel = await editor.openPanel("Plugins");
    const files = panel.getByLabel("Plugin packages");
    await files.setInputFiles(file("1.0.0"));
    const first = page.getByRole("dialog", { name: "Install Vignette 1.0.0?" });
    await expect(first).toContainText("a new key, which is remembered for `example` from now on");
    await first.getByRole("button", { name: "Install", exact: true }).click();
    const card = panel.locator("details", { hasText: ID });
    await expect(card).toContainText("1.0.0 · sandboxed");

    const forged = forge("1.1.0");
    await files.setInputFiles(forged);
    const alarm = page.getByRole("dialog", {
      name: "Vignette 1.1.0 is signed with another key",
    });
    await expect(alarm).toContainText("THE KEY HAS CHANGED");
    await expect(alarm).toContainText("somebody else may have made it");
    await look(page, "plugin-key-changed");
    const agree = alarm.getByRole("button", {
      name: "Trust the new key and install",
    });
    await expect(agree).toBeDisabled();
    await alarm.getByRole("button", { name: "Cancel" }).click();
    await expect(card).toContainText("1.0.0 · sandboxed");

    await files.setInputFiles(forged);
    await alarm.getByRole("checkbox").check();
    await agree.click();
    await expect(card).toContainText("1.1.0 · sandboxed");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

base("a graph with a missing node is offered the plugin from the index, installs it and runs", async ({ context }) => {
  await prepare(context);
  const { folder } = shop("1.0.0");
  const server = await Server.start(["--index", join(folder, "index.json")]);
  try {
    const page = await context.newPage();
    await page.goto(server.url);
    const editor = await opened(page);
    const { graph } = (
      await editor.api<{ templates: { id: string; graph: Graph }[] }>("/api/templates")
    ).templates.find(({ id }) => id === "recolor")!;
    const nodes = {
      photo: graph.nodes["photo"],
      dark: {
        type: `${ID}/Vignette`,
        inputs: { image: { from: "photo.image" } },
      },
      save: {
        type: "image/SaveImage",
        inputs: { image: { from: "dark.image" } },
      },
    };
    const file = join(folder, "Dark.json");
    writeFileSync(
      file,
      JSON.stringify({
        format: "wirebrush/graph",
        version: 1,
        title: "Dark",
        nodes,
      }),
    );
    const chooser = page.waitForEvent("filechooser");
    await page.keyboard.press("Control+Shift+O");
    await (await chooser).setFiles(file);
    await expect(editor.activeTab).toHaveText("Dark");

    const panel = await editor.openPanel("Problems");
    const offer = panel.getByRole("region", { name: "Missing plugins" });
    await expect(offer).toContainText(`Vignette 1.0.0 has ${ID}/Vignette`);
    await offer.getByRole("button", { name: "Install" }).click();
    const question = page.getByRole("dialog", {
      name: "Install Vignette 1.0.0?",
    });
    await expect(question).toContainText("sandbox");
    await look(page, "plugin-consent");
    await question.getByRole("button", { name: "Install", exact: true }).click();
    await expect(offer).toHaveCount(0);
    await expect(panel.getByText("No problems")).toBeVisible();
    await editor.runButton.click();
    const queue = await editor.openPanel("Queue");
    await expect(queue.getByText("Done", { exact: true })).toBeVisible({
      timeout: RUN_MS,
    });
  } finally {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
