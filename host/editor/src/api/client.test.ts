import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { graphOf } from "../graph/fixtures";
import openapi from "../../openapi.json";
import { api, ApiFailure, onLoginRequired } from "./client";
import { plugins } from "./plugins";

const asked: Request[] = [];
let answer: () => Response | Promise<Response>;

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push(new Request(new URL(url, "http://127.0.0.1:8188"), init));
    return answer();
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  onLoginRequired(() => {});
});

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const path = () => asked.map(({ method, url }) => `${method} ${url.replace("http://127.0.0.1:8188", "")}`);

/** Every function of the client. */
const CALLS: (() => Promise<unknown>)[] = [
  () => api.health(),
  () => api.login("t"),
  () => api.nodes(),
  () => api.validate(graphOf({})),
  () => api.templates(),
  () => api.graphs.list(),
  () => api.graphs.create("n", graphOf({})),
  () => api.graphs.get("x"),
  () => api.graphs.save("x", { graph: graphOf({}), base_version: 1 }),
  () => api.graphs.remove("x"),
  () => api.graphs.versions("x"),
  () => api.graphs.version("x", 1),
  () => api.graphs.saveDraft("x", { graph: graphOf({}), base_version: 1 }),
  () => api.graphs.removeDraft("x"),
  () => api.runs.list(),
  () => api.runs.create({ graph: graphOf({}) }),
  () => api.runs.get("x"),
  () => api.runs.cancel("x"),
  () => api.runs.retry("x"),
  () => api.runs.remove("x"),
  () => api.runs.clear(),
  () => api.runs.log("x"),
  () => api.runs.move("x", 0),
  () => api.runs.value("x", "a.b"),
  () => api.queue.pause(),
  () => api.queue.resume(),
  () => api.assets.list(),
  () => api.assets.storage(),
  () => api.assets.remove("x"),
  () => api.assets.clean(),
  () => api.assets.upload(new Blob(["x"]), "x"),
  () => api.files.list(),
  () => api.models(),
  () => plugins.list(),
  () => plugins.find("x/X"),
  () => plugins.install({ id: "x" }),
  () => plugins.upload(new Blob(["x"])),
  () => plugins.approve("x"),
  () => plugins.disable("x"),
  () => plugins.enable("x"),
  () => plugins.activate("x", "1.0.0"),
  () => plugins.remove("x"),
  () => api.import(new Blob(["x"])),
  () => api.export({ graph: graphOf({}), format: "json" }),
];

/** Routes that are no functions: addresses of pictures, the stream of events, what only other programs ask for. */
const NO_CALLS = [
  "GET /api/assets/{hash}",
  "GET /api/assets/{hash}/thumbnail",
  "GET /api/events",
  "GET /api/files/{name}",
  "GET /api/openapi.json",
  "POST /api/plugins/reload",
];

describe("the client", () => {
  test("has exactly the server's routes", async () => {
    answer = () => json({});
    for (const call of CALLS) await call();
    const routes = Object.entries(openapi.paths).flatMap(([route, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
    );
    const pattern = (route: string) => new RegExp(`^${route.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    const asked = path().map((it) => it.replace(/\?.*/, ""));
    const exact = (it: string) =>
      routes.find((route) => route === it) ?? routes.find((route) => pattern(route).test(it));
    expect(asked.map(exact)).not.toContain(undefined);
    expect([...new Set([...asked.map(exact), ...NO_CALLS])].sort()).toEqual(routes.sort());
  });

  test("asks for the routes of the contract", async () => {
    answer = () => json({ graphs: [], versions: [], templates: [], assets: [], files: [], models: [], runs: [] });
    await api.graphs.list();
    await api.graphs.versions("a/b");
    await api.graphs.version("x", 3);
    await api.runs.list({ limit: 5, status: "finished" });
    await api.runs.clear({ status: "failed", q: "a cup" });
    await api.runs.value("r", "save.file");
    await api.runs.cancel("r");
    await api.queue.pause();
    await api.templates();
    await api.models();
    expect(path()).toEqual([
      "GET /api/graphs",
      "GET /api/graphs/a%2Fb/versions",
      "GET /api/graphs/x/versions/3",
      "GET /api/runs?limit=5&status=finished",
      "DELETE /api/runs?status=failed&q=a+cup",
      "GET /api/runs/r/values/save.file",
      "POST /api/runs/r/cancel",
      "POST /api/queue/pause",
      "GET /api/templates",
      "GET /api/models",
    ]);
    expect(api.assets.thumbnail("ab", 64)).toBe("/api/assets/ab/thumbnail?size=64");
    expect(api.files.url("ä b.png")).toBe("/api/files/%C3%A4%20b.png");
  });

  test("sends JSON and reads integers without loss", async () => {
    answer = () =>
      new Response('{"problems":[],"graph":{"nodes":{"a":{"type":"x/Y","inputs":{"seed":18446744073709551615}}}}}');
    const { graph } = await api.validate(graphOf({}));
    expect(graph?.nodes["a"]?.inputs?.["seed"]).toBe("18446744073709551615");
    expect(asked[0]?.headers.get("content-type")).toBe("application/json");
    expect(await asked[0]?.json()).toEqual({ graph: graphOf({}) });
  });

  test("sends bytes as they are, with their name and media type", async () => {
    answer = () => json({ hash: "00" }, 201);
    await api.assets.upload(new Blob(["cup"], { type: "image/png" }), "a cup.png");
    expect(path()).toEqual(["POST /api/assets?name=a+cup.png"]);
    expect(asked[0]?.headers.get("content-type")).toBe("image/png");
    expect(await asked[0]?.text()).toBe("cup");
  });

  test("gives nothing for an answer without contents, and bytes for an export", async () => {
    answer = () => new Response(null, { status: 204 });
    expect(await api.graphs.remove("x")).toBeUndefined();
    answer = () => new Response("PNG");
    const exported = await api.export({ graph: graphOf({}), format: "png" });
    expect(await exported.text()).toBe("PNG");
  });
});

describe("an upload with progress", () => {
  /** The parts of an XMLHttpRequest that an upload uses. */
  class FakeRequest {
    static last: FakeRequest;
    readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
    readonly headers: Record<string, string> = {};
    status = 0;
    response: unknown;
    onload?: () => void;
    onerror?: () => void;
    onabort?: () => void;

    constructor() {
      FakeRequest.last = this;
    }

    open(): void {}
    send(): void {}
    setRequestHeader(name: string, value: string): void {
      this.headers[name] = value;
    }
    abort(): void {
      this.onabort?.();
    }
    answer(status: number, body: unknown): void {
      this.status = status;
      this.response = new Blob([JSON.stringify(body)]);
      this.onload?.();
    }
  }

  beforeEach(() => vi.stubGlobal("XMLHttpRequest", FakeRequest));
  const file = new Blob(["cup"], { type: "image/png" });

  test("says which part was sent and gives the asset", async () => {
    const parts: number[] = [];
    const uploaded = api.assets.upload(file, "cup.png", { onProgress: (part) => parts.push(part) });
    FakeRequest.last.upload.onprogress?.({ loaded: 1, total: 4 });
    FakeRequest.last.upload.onprogress?.({ loaded: 4, total: 4 });
    FakeRequest.last.answer(201, { hash: "00" });
    expect(await uploaded).toEqual({ hash: "00" });
    expect(parts).toEqual([0.25, 1]);
    expect(FakeRequest.last.headers).toEqual({ "Content-Type": "image/png" });
  });

  test("fails as every request does", async () => {
    const onProgress = () => {};
    const refused = api.assets.upload(file, "cup.png", { onProgress });
    FakeRequest.last.answer(413, { code: "too-large", message: "Too large." });
    await expect(refused).rejects.toMatchObject({ status: 413, code: "too-large" });
    const lost = api.assets.upload(file, "cup.png", { onProgress });
    FakeRequest.last.onerror?.();
    await expect(lost).rejects.toMatchObject({ code: "unreachable" });
    const abort = new AbortController();
    const aborted = api.assets.upload(file, "cup.png", { onProgress, signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("a failure", () => {
  const failure = async () => {
    const error: unknown = await api.graphs.get("x").catch((it: unknown) => it);
    if (!(error instanceof ApiFailure)) throw error;
    return error;
  };

  test("carries status, code, sentence and what else the server said", async () => {
    answer = () => json({ code: "conflict", message: "Somebody saved.", current_version: 4 }, 409);
    expect(await failure()).toMatchObject({
      status: 409,
      code: "conflict",
      message: "Somebody saved.",
      error: { current_version: 4 },
    });
  });

  test("has a sentence when the answer has none, or there is no answer", async () => {
    answer = () => new Response("<html>", { status: 502 });
    expect(await failure()).toMatchObject({ status: 502, code: "unexpected", message: expect.stringContaining("502") });
    answer = () => Promise.reject(new TypeError("failed"));
    expect(await failure()).toMatchObject({ status: 0, code: "unreachable" });
    answer = () => new Response("no JSON");
    expect(await failure()).toMatchObject({ status: 200, code: "unexpected" });
  });

  test("of a missing login is told, but not one of the login itself", async () => {
    const told = vi.fn();
    onLoginRequired(told);
    answer = () => json({ code: "wrong-token", message: "No." }, 401);
    await expect(api.login("x")).rejects.toMatchObject({ status: 401 });
    expect(told).not.toHaveBeenCalled();
    await failure();
    expect(told).toHaveBeenCalledOnce();
  });

  test("of an aborted request is an AbortError", async () => {
    const abort = new AbortController();
    answer = () =>
      new Promise((_, reject) => abort.signal.addEventListener("abort", () => reject(abort.signal.reason)));
    const waiting = api.validate(graphOf({}), abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  });
});
