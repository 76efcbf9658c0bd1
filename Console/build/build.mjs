// Builds the console: packages by the lock file, Vite, then one archive with every file as it is, as Brotli and as gzip.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { tar } from "./tar.mjs";

const root = resolve(import.meta.dirname, "..");
const out = resolve(process.argv[2] ?? join(root, "../artifacts/console"));
/** Bytes of scripts, as Brotli: of the first page, and of all pages. */
const most = { first: 60 * 1024, all: 150 * 1024 };

const hash = (...parts) => parts.reduce((sum, part) => sum.update(part), createHash("sha256")).digest("hex");

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (entry.isDirectory())
      yield* files(join(folder, entry.name));
    else
      yield join(folder, entry.name);
  }
}

function inputs() {
  const named = ["package.json", "package-lock.json", ".npmrc", "vite.config.ts", "tsconfig.json", "index.html"].map((name) => join(root, name));
  const all = [...named, ...files(join(root, "src")), ...files(join(root, "build"))];
  return hash(...all.flatMap((file) => [relative(root, file), "\0", readFileSync(file), "\0"]));
}

function install() {
  const record = join(root, "node_modules", ".lock-hash");
  const wanted = hash(readFileSync(join(root, "package-lock.json")));
  if (existsSync(record) && readFileSync(record, "utf8") === wanted)
    return;
  const run = spawnSync("npm", ["ci", "--ignore-scripts", "--fetch-retries=1", "--prefer-offline"], { cwd: root, stdio: "inherit" });
  if (run.status !== 0)
    throw new Error("npm ci could not install the packages");
  writeFileSync(record, wanted);
}

function checkSizes(entries) {
  const page = entries.find(({ name }) => name === "index.html").data.toString();
  const scripts = entries.filter(({ name }) => name.endsWith(".js.br"));
  const size = (list) => list.reduce((sum, { data }) => sum + data.length, 0);
  const sizes = { first: size(scripts.filter(({ name }) => page.includes(`/ui/${name.slice(0, -3)}"`))), all: size(scripts) };
  console.log(`scripts as Brotli: ${sizes.first} bytes for the first page, ${sizes.all} in all`);
  for (const [what, bytes] of Object.entries(sizes))
    if (bytes > most[what] || bytes === 0)
      throw new Error(`scripts (${what}) take ${bytes} bytes as Brotli; allowed are ${most[what]}`);
}

async function build() {
  const files_ = join(out, "files");
  process.env.OTASK_CONSOLE_OUT = files_;
  process.chdir(root);
  const { build } = await import("vite");
  await build({ root, logLevel: "warn" });
  const entries = [];
  for (const file of files(files_)) {
    const name = relative(files_, file);
    const data = readFileSync(file);
    entries.push({ name, data });
    entries.push({ name: `${name}.br`, data: brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }) });
    entries.push({ name: `${name}.gz`, data: gzipSync(data, { level: 9 }) });
  }
  checkSizes(entries);
  writeFileSync(join(out, "console.tar.new"), tar(entries));
  renameSync(join(out, "console.tar.new"), join(out, "console.tar"));
}

async function buildOnce() {
  mkdirSync(out, { recursive: true });
  const record = join(out, "inputs.txt");
  const wanted = inputs();
  // Another build may have done it while this one waited.
  if (existsSync(record) && readFileSync(record, "utf8") === wanted && existsSync(join(out, "console.tar")))
    return;
  rmSync(record, { force: true });
  install();
  await build();
  writeFileSync(record, wanted);
}

buildOnce().catch((error) => {
  console.error(error);
  // The last line is the reason that the plain page shows.
  console.error(String(error.message).replaceAll(/\u001b\[[0-9;]*m/g, "").split("\n").find((line) => line.trim() !== "") ?? "unknown");
  process.exit(1);
});
