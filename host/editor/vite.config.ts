import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const SERVER = "http://127.0.0.1:8188";

export default defineConfig({
  plugins: [react()],
  base: "./",
  build: { target: "es2023", chunkSizeWarningLimit: 1500 },
  // The server answers only to its own name and origin.
  server: { proxy: { "/api": { target: SERVER, ws: true, changeOrigin: true, headers: { Origin: SERVER } } } },
  // A test that needs a document says so in its first line: making one takes longer than most tests.
  test: { environment: "node" },
});
