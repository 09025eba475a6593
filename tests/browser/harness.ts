/** A running `wirebrush serve` with data of its own, and a browser page on it, for each test. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type BrowserContext, type Page, test as base } from "@playwright/test";

export const repository = resolve(import.meta.dirname, "../..");
/** A folder that `vite build` wrote, shown in place of the editor inside the program: saves compiling that again. */
const editor = process.env["WIREBRUSH_EDITOR"];
const stage = process.env["WIREBRUSH_STAGE"] ?? join(repository, "target/stage/debug");
/** The staged program. */
export const program = join(stage, "wirebrush");
/** The example plugins: those of this machine in `native`, the components in `component`. */
export const examples = `${stage}.examples`;

/** What `serve --json` says first. */
interface Listening {
  listening: string;
  token?: string;
}

/** A server process. */
export class Server {
  private constructor(
    readonly data: string,
    readonly url: string,
    readonly token: string | undefined,
    private readonly process: ChildProcess,
  ) {}

  /** Starts the staged program; `data` is a data directory that another one left, `port` that of a page that is open. */
  static async start(args: string[] = [], data = freshData(), port = 0): Promise<Server> {
    const child = spawn(program, ["serve", "--port", String(port), "--json", ...args], {
      env: { ...process.env, WIREBRUSH_DATA_DIR: data, WIREBRUSH_PLUGIN_PATH: "", WIREBRUSH_MODEL_PATH: "" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout! });
    const first = await new Promise<string>((done, failed) => {
      lines.once("line", done);
      child.once("error", failed);
      child.once("exit", (code) => failed(new Error(`wirebrush serve ended with ${code} before it listened`)));
    });
    const said = JSON.parse(first) as Listening;
    return new Server(data, said.listening, said.token, child);
  }

  /** Ends the process at once, as a crash would. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await ended;
  }

  /** Ends the process and removes what it kept. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.data, { recursive: true, force: true });
  }
}

// `cargo xtask test` compiles the components once, for all tests; without it each server takes seconds to start.
function freshData(): string {
  const data = mkdtempSync(join(tmpdir(), "wirebrush-browser-"));
  const primed = process.env["WIREBRUSH_PRIMED_DATA"];
  if (primed !== undefined) cpSync(primed, data, { recursive: true });
  return data;
}

/** Keeps a picture of the page for people to look at: `screenshots/NAME.png`, which git ignores. */
export async function look(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(import.meta.dirname, "screenshots", `${name}.png`) });
}

/** Keeps the pages of a context to what the server itself would show, or to the folder that `WIREBRUSH_EDITOR` names. */
export async function prepare(context: BrowserContext): Promise<void> {
  if (editor === undefined) return;
  await context.route(
    (url) => !url.pathname.startsWith("/api/"),
    async (route) => {
      const path = join(editor, new URL(route.request().url()).pathname);
      await route.fulfill({ path: existsSync(path) && extname(path) !== "" ? path : join(editor, "index.html") });
    },
  );
}

/** Playwright's `test` with a `server` and a `page` that is open on it. */
export const test = base.extend<{ server: Server }>({
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.remove();
  },
  context: async ({ context }, use) => {
    await prepare(context);
    await use(context);
  },
  page: async ({ page, server }, use) => {
    const failures: string[] = [];
    page.on("pageerror", (error) => failures.push(error.message));
    await page.goto(server.url);
    await use(page);
    if (failures.length > 0) throw new Error(`the page threw: ${failures.join("; ")}`);
  },
});

export { expect } from "@playwright/test";
