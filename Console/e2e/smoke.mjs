// Opens every page in both themes and at four widths: nothing may violate the policy, fail, overflow, be hard to use, or run what a task is
// called. Then makes the checks of checks.mjs, and goes the ways of journeys.mjs with OTASK_MANY tasks stored.
import { chromium } from "playwright-core";
import { callerOf, fillMany, noticed, prepare } from "./filling.mjs";
import { checkAll } from "./checks.mjs";
import { goAll, serious, tableOf } from "./journeys.mjs";

const url = process.env.OTASK_URL;
const evil = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>\u202e";
const faults = [];
const many = Number(process.env.OTASK_MANY ?? 5_000);

const call = callerOf(url);

async function fill() {
  const label = { team: evil.slice(0, 40) };
  const done = await call("POST", "/tasks", { argv: ["/bin/echo", evil], name: evil, labels: label });
  const failed = await call("POST", "/tasks", { cmd: `echo '${evil.replaceAll("'", "")} the reason is here' >&2; exit 3`, name: evil, queue: "imports" });
  const waits = await call("POST", "/tasks", { cmd: "true", requires: { gpu: "none" } });
  const job = await call("POST", "/api/v1/jobs", { name: evil, source: { range: { from: 0, to: 1000 } }, process: { builtin: "square" }, aggregate: [{ as: evil.slice(0, 20), op: "sum" }] });
  await call("PUT", "/api/v1/schedules/nightly", { cron: "0 3 * * *", task: { cmd: evil } });
  await call("PUT", "/api/v1/queues/etl", { maxRunning: 50 });
  const hook = await call("POST", "/api/v1/webhooks", { url: `${url}/hook`, types: ["task"] });
  const node = (await call("GET", "/api/v1/nodes")).items[0];
  await call("GET", `/api/v1/tasks/${failed.id}?wait=20s`);
  const workflow = await call("POST", "/api/v1/workflows", { name: evil, labels: label, nodes: [
    { name: "good", task: { cmd: "true" } }, { name: "bad", after: ["good"], task: { cmd: "exit 3" } }, { name: "skipped", after: ["bad", "good"], task: { cmd: "true" } },
    { name: "cleans-up", after: [{ node: "bad", on: "failed" }, { node: "good", on: "ended" }], task: { cmd: "true" } } ] });
  const wide = await call("POST", "/api/v1/workflows", { name: "wide", queue: "bulk", nodes: Array.from({ length: 320 }, (_, i) => (
    { name: `n${i}`, after: i < 20 ? [] : [`n${i - 20}`], task: { cmd: "true", runAt: "2099-01-01T00:00:00Z" } })) });
  const tall = await call("POST", "/api/v1/workflows", { name: "tall", queue: "bulk", nodes: Array.from({ length: 40 }, (_, i) => (
    { name: `n${i}`, after: i === 0 ? [] : ["n0"], task: { cmd: "true", runAt: "2099-01-01T00:00:00Z" } })) });
  await call("GET", `/api/v1/workflows/${workflow.id}?wait=20s`);
  const rollout = await call("POST", "/api/v1/rollouts", { name: evil, task: { argv: ["/bin/echo", evil], queue: "bulk" } });
  await call("GET", `/api/v1/rollouts/${rollout.id}?wait=20s`);
  const parts = (await call("GET", `/api/v1/workflows/${workflow.id}/nodes`)).items;
  return ["/", "/ui/tasks", "/ui/tasks?state=failed&queue=imports", "/ui/new/task", `/ui/new/task?from=${done.id}`, `/ui/tasks/${done.id}`, `/ui/tasks/${done.id}?tab=spec`,
    `/ui/tasks/${failed.id}`, `/ui/tasks/${failed.id}?tab=attempts`, `/ui/tasks/${waits.id}`, "/ui/jobs", `/ui/jobs/${job.id}`, "/ui/new/job", `/ui/new/job?from=${job.id}`, "/ui/workflows", "/ui/workflows?state=running&label=team%3Da", "/ui/new/workflow", `/ui/new/workflow?from=${workflow.id}`,
    `/ui/workflows/${workflow.id}?focus=bad`, `/ui/workflows/${workflow.id}?tab=list`, `/ui/workflows/${workflow.id}?tab=timeline&focus=bad`, `/ui/workflows/${workflow.id}?only=failed`, `/ui/workflows/${wide.id}`, `/ui/workflows/${tall.id}`, `/ui/tasks/${parts[1].task}`,
    "/ui/rollouts", `/ui/rollouts/${rollout.id}`, "/ui/new/rollout", `/ui/new/rollout?from=${rollout.id}`, "/ui/schedules", "/ui/schedules/nightly", "/ui/new/schedule", "/ui/new/schedule?from=nightly", "/ui/queues",
    "/ui/queues/etl", "/ui/nodes", `/ui/nodes/${encodeURIComponent(node.id)}`, "/ui/cluster", "/ui/events", "/ui/files", "/ui/webhooks", `/ui/webhooks/${hook.id}`, "/ui/keys", "/ui/audit", "/ui/audit?target=etl", "/ui/api", "/ui/nothing", "/plain"];
}

async function open(browser, pages, width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
  await context.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
  const page = await context.newPage();
  let where = "";
  const note = (what) => faults.push(`${where} at ${width} ${colorScheme}: ${what}`);
  page.on("pageerror", (error) => note(error.message));
  // A gateway that does not tell who the reader is answers 405 to the question.
  page.on("console", (message) => message.type() === "error" && !message.text().includes("405") && note(message.text()));
  for (where of pages) {
    await page.goto(url + where);
    await page.waitForSelector("h1, .empty");
    await page.waitForFunction(() => !document.querySelector(".loading"), null, { timeout: 10_000 }).catch(() => note("still loading"));
    const found = await page.evaluate(() => ({ over: document.documentElement.scrollWidth - innerWidth, hacked: window.hacked, alert: document.querySelector("[role=alert]")?.textContent }));
    for (const fault of width === 1024 || width === 768 || where === "/plain" ? [] : await serious(page))
      note(fault);
    if (found.over > 0)
      note(`overflows by ${found.over} pixels`);
    if (found.hacked)
      note("ran what came from outside");
    if (found.alert && !found.alert.startsWith("exit 3"))
      note(`shows a problem: ${found.alert}`);
  }
  await context.close();
}

/** The first minute: start a task by the form, see it succeed with its output, find a page by the palette. */
async function journey(browser) {
  const page = await browser.newPage();
  await page.goto(`${url}/ui/new/task`);
  await page.getByLabel("Command").first().fill("echo hello from the console");
  await page.getByRole("button", { name: "Start the task" }).click();
  await page.getByText("succeeded after").first().waitFor({ timeout: 15_000 });
  await page.locator(".log-line", { hasText: "hello from the console" }).waitFor({ timeout: 15_000 });
  await page.keyboard.press("Control+k");
  await page.keyboard.type("queues");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/ui/queues");
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.waitForURL("**/ui/tasks");
  await page.close();
}

const browser = await chromium.launch({ executablePath: process.env.OTASK_CHROMIUM, args: ["--no-sandbox"] });
const pages = await fill();
await fillMany(call, many);
const ids = await prepare(call, 20);
for (const [width, theme] of [[1440, "light"], [1024, "dark"], [768, "light"], [390, "dark"]])
  await open(browser, pages, width, theme);
await noticed(call);
const { count: checked, faults: found } = await checkAll(browser, url);
faults.push(...found);
const went = await goAll(browser, url, ids);
console.log(tableOf(went));
faults.push(...went.filter(({ fault }) => fault).map(({ who, fault }) => `${who}: ${fault}`));
await journey(browser).catch((error) => faults.push(`journey: ${error.message}`));
await browser.close();
faults.forEach((fault) => console.log(fault));
console.log(`${pages.length} pages, ${checked} checks, ${faults.length} faults`);
process.exit(faults.length > 0 ? 1 : 0);
