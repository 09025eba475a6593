/** Indexes and packages over https: from servers whose authority is known, and from no others. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, program, test } from "./harness";

const INDEX = JSON.stringify({
  format: "wirebrush/index",
  version: 1,
  plugins: {
    "acme.tone": {
      title: "Tone",
      versions: [
        {
          version: "1.0.0",
          abi: "1.0",
          targets: ["wasm32-component"],
          nodes: ["acme.tone/Levels"],
          url: "tone.wbplugin",
          sha256: "0a".repeat(32),
          size: 1,
        },
      ],
    },
  },
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs `wirebrush` while the server of this process goes on. */
function wirebrush(args: string[], environment: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { ...process.env, ...environment } }, (failed, out, error) => {
      resolve({
        code: failed === null ? 0 : Number(failed.code),
        out,
        error,
      });
    });
  });
}

test("an index is read from an https server whose authority is trusted, and from no other", async () => {
  const pem = (name: string) => join(import.meta.dirname, "tls", name);
  const server = createServer({
    key: readFileSync(pem("server-key.pem")),
    cert: readFileSync(pem("server.pem")),
  });
  const asked: (string | undefined)[] = [];
  server.on("request", (request, response) => {
    asked.push(request.url);
    response.end(INDEX);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const folder = mkdtempSync(join(tmpdir(), "wirebrush-https-"));
  try {
    const { port } = server.address() as AddressInfo;
    const find = (environment: Record<string, string>) =>
      wirebrush(["plugin", "find", "acme.tone/Levels", "--index", `https://localhost:${port}/index.json`], {
        WIREBRUSH_DATA_DIR: folder,
        ...environment,
      });
    const stranger = await find({ SSL_CERT_FILE: "" });
    expect(stranger.code).toBe(1);
    expect(stranger.error).toContain(`cannot fetch https://localhost:${port}/index.json: `);
    expect(asked).toEqual([]);

    const nothing = join(folder, "nothing.pem");
    writeFileSync(nothing, "no certificate\n");
    expect((await find({ SSL_CERT_FILE: nothing })).error).toContain("expected certificates in PEM, found none");

    const known = await find({ SSL_CERT_FILE: pem("authority.pem") });
    expect(known.error).toBe("");
    expect(known.out).toContain("acme.tone 1.0.0 (Tone, by acme), sandboxed");
    expect(asked).toEqual(["/index.json"]);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
