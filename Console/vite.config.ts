import { defineConfig } from "vite";

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
  server: {
    proxy: { "/api": gateway, "/openapi": gateway, "/readyz": gateway, "/metrics": gateway, "/tasks": gateway },
  },
});
