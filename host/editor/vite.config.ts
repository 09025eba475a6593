import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const SERVER = "http://127.0.0.1:8188";

export default defineConfig({
  plugins: [react()],
  base: "./",
  build: { target: "es2023", chunkSizeWarningLimit: 1500 },
  // The server answers only to its own name and origin.
  server: { proxy: { "/api": { target: SERVER, ws: true, changeOrigin: true, headers: { Origin: SERVER } } } },
  test: {
    projects: [
      // Graph operations have no user interface, and must not come to need one.
      { extends: true, test: { name: "graph", include: ["src/graph/**/*.test.ts"], environment: "node" } },
      {
        extends: true,
        test: {
          name: "editor",
          include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}"],
          exclude: ["src/graph/**"],
          environment: "happy-dom",
        },
      },
    ],
  },
});
