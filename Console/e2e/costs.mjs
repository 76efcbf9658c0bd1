// What an open console costs, with OTASK_MANY tasks stored: the gateway's processor time, streams, frames, and what a restart of the
// service shows. Prints a table, and writes it to OTASK_COSTS_EVIDENCE.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { callerOf, fillMany, prepare } from "./filling.mjs";

const { OTASK_PROGRAM: program, OTASK_CHROMIUM: executablePath, OTASK_COMMIT: commit, OTASK_COSTS_EVIDENCE: evidence } = process.env;
const many = Number(process.env.OTASK_MANY ?? 100_000);
const only = process.env.OTASK_COSTS?.split(",");
const folder = mkdtempSync(join(tmpdir(), "otask-costs-"));
const data = join(folder, "data");
const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1_000));
const results = [];
const note = (budget, value, limit, unit, met) => {
  const result = { budget, value: Math.round(value * 1_000) / 1_000, limit, unit, met };
  results.push(result);
  console.log(`${met ? "      " : "MISSED"} ${String(result.value).padStart(9)} ${unit.padEnd(12)} (${limit})  ${budget}`);
};

async function start(port = 0) {
  const service = spawn(program, ["--http", `127.0.0.1:${port}`, "--grpc", "127.0.0.1:0", "--data", data, "--drain", "1s", "--slots", "2"],
    { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  const url = await new Promise((done, fail) => {
    service.on("exit", () => fail(new Error(`the service ended: ${text}`)));
    service.stdout.on("data", (piece) => {
      text += piece;
      const found = /^ {2}http +(\S+)$/m.exec(text);
      if (found)
        done(found[1]);
    });
  });
  return { service, url, pid: Number(readFileSync(join(data, "lock"), "utf8")) };
}

/** Processor time of a process so far, in seconds. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function shareOf(pid, seconds) {
  const [from, began] = [cpuOf(pid), performance.now()];
  await wait(seconds);
  return 100 * (cpuOf(pid) - from) / ((performance.now() - began) / 1_000);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** The open Overview: alternating minutes with and without it. */
async function overview({ browser, url, pid }) {
  const [quiet, open] = [[], []];
  await wait(20);
  for (let round = 0; round < 3; round++) {
    quiet.push(await shareOf(pid, 20));
    const page = await browser.newPage();
    await page.goto(url);
    await wait(5);
    open.push(await shareOf(pid, 60));
    await page.close();
    await wait(3);
  }
  note("open Overview, processor time of the gateway's process beyond that without it", median(open) - median(quiet), "under 2", "% of a core", median(open) - median(quiet) < 2);
}

/** Twenty tabs of one browser. */
async function tabs({ browser, url }) {
  const context = await browser.newContext();
  const streams = new Set();
  const isStream = (request) => /\/api\/v1\/(live|events)(\?|$)/.test(request.url());
  context.on("request", (request) => isStream(request) && streams.add(request));
  for (const end of ["requestfinished", "requestfailed"])
    context.on(end, (request) => streams.delete(request));
  for (let i = 0; i < 20; i++)
    await (await context.newPage()).goto(url);
  await wait(5);
  const live = await Promise.all(context.pages().map((page) => page.locator(".live.live").count()));
  const told = live.reduce((sum, count) => sum + count, 0);
  note("20 tabs: streams held", streams.size, "1", "streams", streams.size === 1);
  note("20 tabs: of them show live data", told, "20", "tabs", told === 20);
  await context.close();
}

/** Frames a second, and long tasks, while the page scrolls. */
async function frames(page, selector, seconds = 4) {
  return page.evaluate(async ([selector, seconds]) => {
    const box = selector === "page" ? document.scrollingElement : document.querySelector(selector);
    const long = [];
    const observer = new PerformanceObserver((list) => list.getEntries().forEach((entry) => long.push(Math.round(entry.duration))));
    observer.observe({ type: "longtask" });
    const gaps = [];
    let [last, began] = [performance.now(), performance.now()];
    while (last - began < seconds * 1_000) {
      const most = box.scrollHeight - box.clientHeight;
      const part = (last - began) / (seconds * 1_000);
      box.scrollTop = most * (part < 0.5 ? 2 * part : 2 - 2 * part);
      const now = await new Promise((done) => requestAnimationFrame(done));
      gaps.push(now - last);
      last = now;
    }
    observer.disconnect();
    return { perSecond: gaps.length / ((last - began) / 1_000), long: Math.max(0, ...long), height: box.scrollHeight };
  }, [selector, seconds]);
}

function noteFrames(what, { perSecond, long }) {
  note(`${what}: frames`, perSecond, "at least 50", "a second", perSecond >= 50);
  note(`${what}: longest task`, long, "at most 50", "ms", long <= 50);
}

async function drawn({ browser, url, call }) {
  const page = await browser.newPage();
  await page.goto(`${url}/ui/tasks`);
  await page.locator("tbody tr").first().waitFor();
  await wait(2);
  noteFrames("list over all stored tasks, 50 rows", await frames(page, "page"));
  for (let rows = 550; rows <= 1_050; rows += 500) {
    await page.getByRole("button", { name: /^Show 500 more/ }).click();
    await page.waitForFunction((rows) => Number(document.querySelector("table").getAttribute("aria-rowcount")) > rows, rows);
  }
  await wait(2);
  noteFrames("the same, 1,050 rows shown", await frames(page, "page"));
  const log = await call("POST", "/tasks", { cmd: "seq 1 12400000 | head -c 100000000", name: "log of 100 MB", maxOutputBytes: 200_000_000 });
  await call("GET", `/api/v1/tasks/${log.id}?wait=60s`);
  await page.goto(`${url}/ui/tasks/${log.id}`);
  const at = performance.now();
  await page.locator(".log-line").nth(20).waitFor();
  const shown = performance.now() - at;
  note("log of 100 MB: its end is shown after the page is there", shown, "at most 200", "ms", shown <= 200);
  await wait(2);
  noteFrames("log of 100 MB", await frames(page, ".log-lines"));
  const size = Number(process.env.OTASK_NODES ?? 500);
  const workflow = await call("POST", "/api/v1/workflows", { name: "pictured", queue: "bulk", nodes: Array.from({ length: size }, (_, i) => (
    { name: `n${i}`, after: i < 20 ? [] : [`n${i - 20}`, `n${i - 20 - i % 3 * (i > 22)}`].filter((name, at, all) => all.indexOf(name) === at), task: { cmd: "true" } })) });
  await page.goto(`${url}/ui/workflows/${workflow.id}`);
  await page.locator(".graph li").first().waitFor();
  await wait(2);
  noteFrames(`workflow of ${size} nodes as a graph`, await frames(page, ".graph"));
  await page.close();
}

/** The service is killed and comes back: what the open pages show then. */
async function restart(running, context) {
  const { browser, url } = running;
  const page = await browser.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(`${url}/ui/tasks?state=queued&queue=bulk`);
  await page.locator("tbody tr").nth(49).waitFor();
  await page.locator(".live.live").waitFor();
  const rows = () => page.locator("tbody tr .name").allTextContents();
  const counts = () => page.locator(".chips .pick").allTextContents();
  const [before, counted] = [await rows(), await counts()];
  process.kill(running.pid, "SIGKILL");
  await page.locator(".live.stale").waitFor({ timeout: 15_000 });
  const away = await rows();
  await new Promise((done) => running.service.exitCode === null && running.service.signalCode === null ? running.service.on("exit", done) : done());
  Object.assign(running, await start(new URL(url).port));
  const began = performance.now();
  await page.locator(".live.live").waitFor({ timeout: 30_000 });
  const back = (performance.now() - began) / 1_000;
  await wait(3);
  const [after, recounted, alerts] = [await rows(), await counts(), await page.locator("[role=alert]").count()];
  const same = JSON.stringify([before, before, counted]) === JSON.stringify([away, after, recounted]);
  note("kill -9 and restart under an open list: rows and counts while it is away and afterwards", same ? 0 : 1, "0", "changes", same);
  note("the same: problems left on the page", alerts + faults.length, "0", "problems", alerts + faults.length === 0);
  note("the same: the page is live again after the service is", back, "at most 10", "s", back <= 10);
  await page.close();
}

const running = await start();
const call = callerOf(running.url);
await fillMany(call, many);
await prepare(call);
const stored = (await call("GET", "/api/v1/tasks/summary")).total;
console.log(`${stored} tasks stored`);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const load = loadavg();
const parts = { overview, tabs, drawn, restart };
for (const [name, part] of Object.entries(parts))
  if (!only || only.includes(name))
    await part(Object.assign(running, { browser, call }));
const version = browser.version();
await browser.close();
running.service.kill("SIGTERM");
await new Promise((done) => running.service.on("exit", done));
rmSync(folder, { recursive: true });
if (evidence && !only)
  writeFileSync(evidence, `${JSON.stringify({
    campaign: "what an open console costs", commit, at: new Date().toISOString(), cores: cpus().length, processor: cpus()[0].model, chromium: version, load, stored, results,
  }, null, 2)}\n`);
process.exit(results.every(({ met }) => met) ? 0 : 1);
