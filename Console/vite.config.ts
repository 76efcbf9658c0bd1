import { defineConfig } from "vitest/config";

const gateway = process.env.OTASK_URL ?? "http://127.0.0.1:9092";

/** Scripts, styles and pictures are files with a hash in the name: the page's policy allows nothing inline. */
export default defineConfig({
  base: "/ui/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: process.env.OTASK_CONSOLE_OUT ?? "../artifacts/console/files",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
  },
  // A test of long output takes seconds on a loaded machine; no test here promises a time.
  test: { testTimeout: 60_000 },
  server: {
    proxy: { "/api": gateway, "/openapi": gateway, "/readyz": gateway, "/metrics": gateway, "/tasks": gateway },
  },
});
