/** Who may use the server: people with its token, and no pages of other sites. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test as base } from "@playwright/test";
import { expect, prepare, Server, test } from "./harness";
import { opened } from "./pages";

base("a server that others can reach wants its token, once", async ({ context }) => {
  await prepare(context);
  const server = await Server.start(["--listen", "0.0.0.0"]);
  try {
    expect(server.token).toBeTruthy();
    const { port } = new URL(server.url);
    const url = `http://127.0.0.1:${port}/`;
    const page = await context.newPage();
    await page.goto(url);
    const token = page.getByLabel("Token");
    await expect(token).toBeFocused();
    await token.fill("not-the-token");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alert")).toHaveText("This is not the token of this server.");
    await expect(page.getByRole("application", { name: "Graph" })).toHaveCount(0);

    await token.fill(server.token!);
    await page.getByRole("button", { name: "Log in" }).click();
    const editor = await opened(page);
    await editor.run("photo");
    await page.reload();
    await opened(page);
    await expect(token).toHaveCount(0);
  } finally {
    await server.remove();
  }
});

base("the address that the server prints logs in, and the token does not stay in it", async ({ context }) => {
  await prepare(context);
  const server = await Server.start(["--listen", "0.0.0.0"]);
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${new URL(server.url).port}/#token=${server.token}`);
    await opened(page);
    expect(page.url()).not.toContain(server.token);
  } finally {
    await server.remove();
  }
});

test("a page of another origin can neither read, write, nor listen", async ({ page, server }) => {
  await opened(page);
  const control = await listen(page.url(), page.evaluate.bind(page));
  expect(control).toBe("open");

  const elsewhere = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<h1>Elsewhere</h1>"));
  await new Promise<void>((done) => elsewhere.listen(0, "127.0.0.1", done));
  try {
    await page.unrouteAll();
    await page.context().unrouteAll();
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
    await expect(page.getByRole("heading", { name: "Elsewhere" })).toBeVisible();
    const read = page.waitForResponse((answer) => answer.url().endsWith("/api/graphs"));
    const outcome = await page.evaluate(async (url) => {
      const write = fetch(`${url}/api/graphs`, {
        method: "POST",
        mode: "no-cors",
        headers: { "content-type": "text/plain" },
        body: JSON.stringify({ name: "planted", graph: { format: "wirebrush/graph", version: 1, nodes: {} } }),
      });
      await write.catch(() => undefined);
      return fetch(`${url}/api/graphs`).then(
        () => "read",
        () => "refused",
      );
    }, new URL(server.url).origin);
    expect(outcome).toBe("refused");
    expect((await read).status()).toBe(403);
    expect(await listen(server.url, page.evaluate.bind(page))).toBe("refused");
  } finally {
    elsewhere.close();
  }
  const answer = await fetch(new URL("/api/graphs", server.url));
  expect(await answer.json()).toEqual({ graphs: [] });
});

/** Whether a page may open the server's stream of events. */
function listen(url: string, evaluate: (script: (url: string) => Promise<string>, url: string) => Promise<string>): Promise<string> {
  return evaluate(
    (address) =>
      new Promise((resolve) => {
        const socket = new WebSocket(address);
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
      }),
    new URL("/api/events", url).href.replace(/^http/, "ws"),
  );
}
