import { defineConfig } from "@playwright/test";

// Debian's Chromium, or the one that CHROMIUM names: none is downloaded.
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: "screenshots/failures",
  forbidOnly: true,
  workers: 1,
  // Sampling on two busy cores takes seconds; what is awaited comes long before.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    viewport: { width: 1440, height: 900 },
    actionTimeout: 20_000,
    screenshot: "only-on-failure",
    // Movements of the view are not waited for.
    contextOptions: { reducedMotion: "reduce" },
    permissions: ["clipboard-read", "clipboard-write"],
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        // A page that does not come from the server itself may not open its WebSocket.
        ...(process.env["WIREBRUSH_EDITOR"] === undefined ? [] : ["--disable-features=LocalNetworkAccessChecks"]),
      ],
    },
  },
});
