// Records what a service answers to each page of the console: node test/pages/record.mjs PROGRAM. Starts the program with data of its own,
// fills it, mounts every page by pages.test.ts with this recorder between it and the service, and writes answers.json.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { hostname, release, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { callerOf } from "../../e2e/filling.mjs";

const file = join(import.meta.dirname, "answers.json");
const data = mkdtempSync(join(tmpdir(), "otask-record-"));
const service = spawn(resolve(process.argv[2]), ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data", data, "--drain", "1s", "--slots", "2"], { stdio: ["ignore", "pipe", "inherit"] });

async function addressOf() {
  let said = "";
  for await (const piece of service.stdout) {
    said += piece;
    const [, url] = /^ {2}http +(\S+)/m.exec(said) ?? [];
    if (url)
      return url;
  }
  throw new Error(`the service said: ${said}`);
}

async function until(what, see) {
  for (let tries = 0; tries < 300; tries++) {
    if (await see())
      return;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`not within 60 s: ${what}`);
}

/** One of each kind of thing that pages show; the result names their ids. */
async function fill(call) {
  const api = (method, path, body, more) => call(method, `/api/v1${path}`, body, more);
  const ended = (kind, { id }) => api("GET", `/${kind}/${id}?wait=20s`);
  await api("PUT", "/queues/etl", { maxRunning: 50 });
  await api("PUT", "/queues/etl", { maxRunning: 30, weight: 2 }, { "otask-actor": "mira", "otask-reason": "the warehouse is slow" });
  await api("PUT", "/queues/held", { paused: true });
  const done = await api("POST", "/tasks", { name: "backup", cmd: "echo saved 12 files; echo '{\"files\":12}' >$TASK_RESULT; mkdir out; printf 'name,size\\na,1' >out/list.csv", result: true, artifacts: ["out/**"], labels: { team: "data" }, env: { LEVEL: "9" } });
  const failed = await api("POST", "/tasks", { name: "sync", cmd: "echo connecting; echo 'connection refused' >&2; exit 7", queue: "etl", retry: { maxAttempts: 2, backoff: "10ms" } });
  await Promise.all([done, failed].map((task) => ended("tasks", task)));
  const waits = await api("POST", "/tasks", { name: "train", cmd: "true", requires: { gpu: "none" } });
  const runs = await api("POST", "/tasks", { name: "serve", cmd: "echo ready; sleep 1000" });
  const cancelled = await api("POST", "/tasks", { name: "report", cmd: "true", queue: "held" });
  await api("POST", `/tasks/${cancelled.id}/cancel`, undefined, { "otask-actor": "mira", "otask-reason": "not needed" });
  const job = await api("POST", "/jobs", { name: "squares", labels: { team: "data" }, source: { range: { from: 0, to: 1000 } }, chunkSize: 100, process: { builtin: "square" },
    aggregate: [{ as: "total", op: "sum" }, { as: "largest", op: "max" }, { as: "often", op: "topK" }] });
  const broken = await api("POST", "/jobs", { name: "parse", source: { items: ["x", 1, 2] }, process: { builtin: "square" }, aggregate: [{ as: "total", op: "sum" }] });
  const fed = await api("POST", "/jobs", { name: "uploads", source: { stream: {} }, process: { builtin: "length" }, aggregate: [{ op: "count" }] });
  await Promise.all([job, broken].map((one) => ended("jobs", one)));
  const workflow = await api("POST", "/workflows", { name: "load", labels: { team: "data" }, queue: "etl", nodes: [
    { name: "extract", task: { cmd: "echo out" } }, { name: "list", after: ["extract"], task: { cmd: "printf 'a\\nb\\n'" } },
    { name: "each", forEach: { node: "list", from: "stdout" }, after: ["list"], task: { cmd: "echo item" } },
    { name: "check", after: ["extract"], task: { cmd: "echo 'duplicate key' >&2; exit 3" } }, { name: "publish", after: ["each", "check"], task: { cmd: "true" } },
    { name: "count", after: ["extract"], job: { source: { range: { from: 0, to: 10 } }, process: { builtin: "square" } } } ] });
  await ended("workflows", workflow);
  const rollout = await api("POST", "/rollouts", { name: "kernel", task: { cmd: "uname -r" } });
  await ended("rollouts", rollout);
  await api("PUT", "/schedules/nightly", { cron: "0 3 * * *", timeZone: "Europe/Berlin", task: { name: "backup", cmd: "echo nightly", queue: "etl" } });
  await api("PUT", "/schedules/ticking", { every: "1s", task: { name: "tick", cmd: "exit 4", queue: "etl" } });
  await until("a run of the schedule fails", async () => (await api("GET", "/schedules/ticking/occurrences?limit=20")).items.some(({ state }) => state === "failed"));
  await api("POST", "/schedules/ticking/pause");
  await api("PUT", "/schedules/weekly", { cron: "0 4 * * 1", workflow: { nodes: [{ name: "a", task: { cmd: "true" } }, { name: "b", after: ["a"], task: { cmd: "true" } }] } });
  await api("PUT", "/schedules/sums", { every: "12h", job: { source: { range: { from: 0, to: 10 } }, process: { builtin: "square" }, aggregate: [{ op: "sum" }] } });
  const definition = { description: "Prints the report of a day", parameters: [{ name: "day", type: "date", required: true, description: "the day to report on" },
    { name: "format", type: "choice", choices: ["text", "csv"], default: "text" }, { name: "token", secret: true }], task: { argv: ["echo", "${param.day}"] } };
  await api("PUT", "/definitions/reports/daily", definition);
  await api("PUT", "/definitions/reports/daily", { ...definition, task: { argv: ["echo", "${param.day}", "${param.format}"] } }, { "otask-actor": "mira", "otask-reason": "a better form" });
  await ended("tasks", await api("POST", "/definitions/reports/daily/runs", { parameters: { day: "2026-11-26" } }, { "otask-actor": "olga" }));
  await api("PUT", "/calendars/holidays", { days: ["2026-12-24", "2099-01-01"], zone: "Europe/Berlin" });
  await api("PUT", "/triggers/report", { definition: "reports/daily", signature: { kind: "github" }, parameters: { day: { pointer: "/day" } } });
  await api("PUT", "/notifications/ops", { on: ["failed", "late"], match: { definition: "reports/*" }, to: { slack: "http://127.0.0.1:9/chat/secret" }, digest: "5m" });
  const receiver = createServer((_, answer) => answer.writeHead(404).end("no such page"));
  await new Promise((listening) => receiver.listen(0, "127.0.0.1", listening));
  const hook = await api("POST", "/webhooks", { url: `http://127.0.0.1:${receiver.address().port}/hook`, types: ["task"] });
  await ended("tasks", await api("POST", "/tasks", { name: "told", cmd: "true" }));
  await until("a delivery fails", async () => (await api("GET", `/webhooks/${hook.id}/deliveries`)).items.length > 0);
  receiver.close();
  const key = await api("POST", "/keys", { name: "deploy", scopes: ["read", "submit"] });
  const node = (await api("GET", "/nodes")).items[0];
  const parts = (await api("GET", `/workflows/${workflow.id}/nodes`)).items;
  const partOf = (name) => parts.find((part) => part.name === name).task;
  return { done: done.id, failed: failed.id, waits: waits.id, runs: runs.id, cancelled: cancelled.id, job: job.id, broken: broken.id, fed: fed.id, workflow: workflow.id,
    check: partOf("check"), each: partOf("each"), rollout: rollout.id, hook: hook.id, key: key.id, node: node.id };
}

/** Stands between the pages and the service, and keeps each answer to a GET. A stream is kept as far as it comes in half a second. */
function recorder(url, answers) {
  return createServer(async (asked, answer) => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 500);
    const chunks = [];
    for await (const chunk of asked)
      chunks.push(chunk);
    const headers = { accept: asked.headers.accept, ...(chunks.length > 0 ? { "content-type": asked.headers["content-type"] } : {}) };
    const found = await fetch(url + asked.url, { method: asked.method, headers, body: chunks.length > 0 ? Buffer.concat(chunks) : undefined });
    const isStream = found.headers.get("content-type")?.startsWith("text/event-stream");
    let body = "";
    try {
      if (!isStream)
        clearTimeout(timer);
      const decoder = new TextDecoder();
      const reader = found.body?.getReader();
      stop.signal.addEventListener("abort", () => reader?.cancel());
      for (let part; reader && !(part = await reader.read()).done;)
        body += decoder.decode(part.value, { stream: true });
    } finally {
      clearTimeout(timer);
    }
    const type = found.headers.get("content-type") ?? "";
    answers[`${asked.method} ${asked.url}`] = { status: found.status, type, body: type.startsWith("application/json") || type.startsWith("application/problem") ? JSON.parse(body) : body };
    answer.writeHead(found.status, { "content-type": type }).end(body);
  });
}

/** The contract as the page about it reads it: a few calls. */
const brief = ({ paths }) => ({ paths: Object.fromEntries(Object.entries(paths).filter(([path]) => /\/(tasks|queues\/\{name\}|session)$/.test(path))
  .map(([path, methods]) => [path, Object.fromEntries(Object.entries(methods).map(([method, { summary, requestBody }]) => [method, { summary, requestBody }]))])) });

/** The types of an answer's parts, as far as worlds.ts needs them: which may be null, and which are counts. */
function shapeOf(contract, schema, depth = 0) {
  const resolved = schema?.$ref ? contract.components.schemas[schema.$ref.split("/").at(-1)] : schema;
  if (!resolved || depth > 8)
    return {};
  const options = (resolved.oneOf ?? resolved.anyOf ?? []).map((one) => shapeOf(contract, one, depth));
  const types = [resolved.type ?? []].flat();
  const shape = Object.assign({}, ...options.map(({ parts }) => parts ? { parts } : {}));
  if (types.includes("null") || options.some((option) => option.null))
    shape.null = true;
  if (resolved.format === "int64" || options.some((option) => option.count))
    shape.count = true;
  if (resolved.items)
    shape.items = shapeOf(contract, resolved.items, depth + 1);
  if (resolved.properties)
    shape.parts = Object.fromEntries(Object.entries(resolved.properties).map(([name, part]) => [name, shapeOf(contract, part, depth + 1)])
      .filter(([, part]) => Object.keys(part).length > 0));
  if (shape.items && Object.keys(shape.items).length === 0)
    delete shape.items;
  if (shape.parts && Object.keys(shape.parts).length === 0)
    delete shape.parts;
  return shape;
}

function shapesOf(contract, answers) {
  const shapes = {};
  for (const path of Object.keys(contract.paths)) {
    const schema = contract.paths[path].get?.responses["200"]?.content?.["application/json"]?.schema;
    const shape = schema ? shapeOf(contract, schema) : {};
    const pattern = new RegExp(`^GET ${path.replace(/\{\w+\}/g, "[^/?]+")}(\\?|$)`);
    if (Object.keys(shape).length > 0 && Object.keys(answers).some((asked) => pattern.test(asked)))
      shapes[path] = shape;
  }
  return shapes;
}

function write(recorded, tidy = (text) => text) {
  const line = (value) => tidy(JSON.stringify(value));
  const lines = (values) => `{\n${Object.entries(values).sort(([a], [b]) => a < b ? -1 : 1).map(([key, value]) => `${line(key)}: ${line(value)}`).join(",\n")}\n}`;
  const { ids, at, answers, shapes } = recorded;
  writeFileSync(file, `{\n"at": ${line(at)},\n"ids": ${line(ids)},\n"shapes": ${lines(shapes)},\n"answers": ${lines(answers)}\n}\n`);
}

try {
  const url = await addressOf();
  const call = callerOf(url);
  const ids = await fill(call);
  const recorded = { ids, at: new Date().toISOString(), answers: {}, shapes: {} };
  write(recorded);
  const proxy = recorder(url, recorded.answers);
  await new Promise((listening) => proxy.listen(0, "127.0.0.1", listening));
  const run = spawn("node_modules/.bin/vitest", ["run", "test/pages/pages.test.ts", "-t", "as recorded"], { stdio: "inherit", cwd: join(import.meta.dirname, "../.."), env: { ...process.env, VITE_RECORD: `http://127.0.0.1:${proxy.address().port}` } });
  const code = await new Promise((exited) => run.on("exit", exited));
  proxy.close();
  const contract = await call("GET", "/openapi/v1.json");
  recorded.shapes = shapesOf(contract, recorded.answers);
  const about = recorded.answers["GET /openapi/v1.json"];
  if (about)
    about.body = brief(about.body);
  delete recorded.answers["GET /api/v1/live?every=1s"];
  // Nothing of this machine.
  write(recorded, (text) => text.replace(new RegExp(`(?<=["/=])${hostname()}(?=["/?&]|$)`, "g"), "host1").replaceAll(data, "/var/lib/otask").replaceAll(release(), "6.1.0"));
  console.log(`${Object.keys(recorded.answers).length} answers in ${file}; vitest ended with ${code}`);
} finally {
  service.kill("SIGTERM");
  await new Promise((exited) => service.on("exit", exited));
  rmSync(data, { recursive: true });
}
