// What pages say and let people do, one after the other, each on its own data. Alone: sh run.sh PROGRAM checks.mjs
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";
import { callerOf } from "./filling.mjs";

const seconds = 15;

async function until(what, see) {
  for (let tries = 0; tries < 150; tries++) {
    const found = await see();
    if (found)
      return found;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`not within 30 s: ${what}`);
}

/** A wire to the gateway that can be cut. */
async function wireTo(url) {
  const { hostname, port } = new URL(url);
  const open = new Set();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut)
      return near.destroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => { open.delete(one); other.destroy(); });
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const end = () => open.forEach((socket) => socket.destroy());
  return { port: server.address().port, cut: (now) => { isCut = now; if (now) end(); }, close: () => { server.close(); end(); } };
}

/** Runs workers of the service with these names and a label while something is done, and forgets their nodes. */
async function withWorkers(call, names, label, work) {
  const data = mkdtempSync(join(tmpdir(), "otask-checks-"));
  const program = join(dirname(process.env.OTASK_PROGRAM), "OrleansTasks.Worker");
  const workers = names.map((name) => spawn(program, ["--master", process.env.OTASK_GRPC, "--name", name, "--slots", "1", "--label", label, "--data", join(data, name)], { stdio: "ignore" }));
  const nodes = async () => (await call("GET", "/api/v1/nodes")).items.filter(({ id }) => names.includes(id));
  try {
    await until(`${names} are ready`, async () => (await nodes()).filter(({ state }) => state === "ready").length === names.length);
    await work();
  } finally {
    await Promise.all(workers.map((worker) => worker.exitCode === null && worker.kill("SIGTERM") && once(worker, "exit")));
    for (const { id } of await nodes())
      await until(`${id} is forgotten`, () => call("DELETE", `/api/v1/nodes/${id}`).then(() => true, () => false));
    rmSync(data, { recursive: true });
  }
}

const expect = (isTrue, message) => { if (!isTrue) throw new Error(message); };
const textOf = async (locator) => (await locator.textContent()).replace(/\s+/g, " ").trim();

/** The data of all checks; each check has names of its own. */
async function fill(call, url) {
  const ended = (id) => call("GET", `/api/v1/tasks/${id}?wait=20s`);
  await call("PUT", "/api/v1/queues/checks", { maxRunning: 40 });
  await call("PUT", "/api/v1/queues/checks", { maxRunning: 30 }, { "otask-actor": "mira", "otask-reason": "the warehouse is slow" });
  const submit = (spec) => call("POST", "/api/v1/tasks", { queue: "checks", ...spec });
  const retried = await submit({ name: "sync", cmd: "echo 'connection refused' >&2; exit 7", retry: { maxAttempts: 2, backoff: "10ms" } });
  const waits = await submit({ name: "tries-later", cmd: "exit 9", retry: { maxAttempts: 9, backoff: "10m" } });
  const gpu = await submit({ name: "train", cmd: "true", requires: { gpu: "b200" } });
  const log = await submit({ name: "mixed-log", cmd: "echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three" });
  const long = await submit({ name: "long-log", cmd: "seq 1 60000 | awk '{print \"line \" $1 \" of a long log with something in it\"} $1==100 {print \"needle\"}'" });
  for (let i = 0; i < 9; i++)
    await submit({ name: "same-again", cmd: "echo 'no space on /srv/backup/7' >&2; exit 1", queue: "checks-same" });
  const failing = await call("PUT", "/api/v1/schedules/checks-broken", { every: "1s", task: { name: "broken", cmd: "exit 4", queue: "checks" } });
  const hook = await call("POST", "/api/v1/webhooks", { url: `${url}/no-such-receiver`, types: ["task"] });
  const workflow = await call("POST", "/api/v1/workflows", { name: "checks-load", queue: "checks", nodes: [
    { name: "extract", task: { cmd: "echo out" } }, { name: "load", after: ["extract"], task: { cmd: "seq 1 60; echo 'duplicate key' >&2; exit 1" } }, { name: "report", after: ["load"], task: { cmd: "true" } } ] });
  const large = await call("POST", "/api/v1/workflows", { name: "checks-large", queue: "checks", nodes: Array.from({ length: 120 }, (_, i) => (
    { name: `n${i}`, after: i < 10 ? [] : [`n${i - 10}`], task: { cmd: i === 57 ? "exit 1" : "true" } })) });
  const job = await call("POST", "/api/v1/jobs", { name: "checks-parse", queue: "checks", source: { items: ["x", 1, 2] }, process: { builtin: "square" }, aggregate: [{ as: "total", op: "sum" }] });
  const slow = await call("POST", "/api/v1/jobs", { name: "checks-slow", queue: "checks", source: { range: { from: 0, to: 40_000 } }, chunkSize: 20,
    process: { command: { cmd: "while read x; do sleep 0.02; echo $x; done" } }, aggregate: [{ as: "items", op: "count" }] });
  await Promise.all([retried, log, long].map(({ id }) => ended(id)));
  await Promise.all([workflow, large].map(({ id }) => call("GET", `/api/v1/workflows/${id}?wait=20s`)));
  await until("a run of the schedule fails", async () => (await call("GET", `/api/v1/schedules/${failing.id}/occurrences?limit=20`)).items.some(({ state }) => state === "failed"));
  await call("POST", `/api/v1/schedules/${failing.id}/pause`);
  return { retried, waits, gpu, log, long, failing, hook, workflow, large, job, slow };
}

const checks = [
  ["a task's header says queue, node, attempt and command", async ({ page, retried }) => {
    await page.goto(`/ui/tasks/${retried.id}`);
    const about = page.locator(".head .about");
    await about.getByRole("link", { name: "checks", exact: true }).waitFor();
    await about.getByText("attempt 2 of 2").waitFor();
    expect(await about.locator("a[href^='/ui/nodes/']").count() === 1, "the node is missing");
    await page.locator(".head").getByText("connection refused").waitFor();
    await page.locator(".head").getByRole("button", { name: "Copy the command" }).waitFor();
  }],
  ["a task that waits for its next attempt does not run on", async ({ page, waits }) => {
    await page.goto(`/ui/tasks/${waits.id}`);
    await page.getByText(/^waiting .* after attempt 1$/).waitFor();
    expect(!/running for/.test(await textOf(page.locator("main"))), "it says that it runs");
  }],
  ["a log of both streams has numbers, and a link to a line", async ({ page, log }) => {
    await page.goto(`/ui/tasks/${log.id}#L2`);
    const line = page.locator(".log-line.found");
    await line.waitFor();
    expect(/^2.*two$/.test(await textOf(line)), `the linked line is ${await textOf(line)}`);
    expect(await page.locator(".log-line.stderr").count() === 1, "stderr has no look of its own");
    await page.getByRole("combobox", { name: "Stream" }).selectOption("stderr");
    await page.waitForURL(/stream=stderr/);
  }],
  ["a long log counts from its beginning, and a match outside of it shows the lines around", async ({ page, long }) => {
    await page.goto(`/ui/tasks/${long.id}`);
    const last = page.locator(".log-line", { hasText: "line 60000 of" });
    await last.locator(".no", { hasText: "60001" }).waitFor();
    await page.getByLabel("Find in the output").fill("needle");
    const match = page.locator(".log-found button", { hasText: "needle" });
    await match.click();
    const around = page.locator(".log-found pre");
    await around.getByText("line 99 of").waitFor();
    expect(/line 100 of .*needle ?line 101 of/.test(await textOf(around)), await textOf(around));
  }],
  ["a list says why tasks wait", async ({ page }) => {
    await page.goto("/ui/tasks?queue=checks&q=train");
    await page.locator("tr", { hasText: "train" }).getByText("no node has gpu=b200").waitFor();
    await page.goto("/ui/tasks?queue=checks&q=tries-later");
    await page.locator("tr", { hasText: "tries-later" }).getByText(/attempt 2 of 9 in \d+ [ms]/).waitFor();
  }],
  ["events are sentences with names", async ({ page }) => {
    await page.goto("/ui/events?type=task");
    await page.getByText(/Task broken failed: exit 4 after/).first().waitFor();
    await page.goto("/ui/events?type=schedule");
    await page.getByText("Schedule checks-broken started a run").first().waitFor();
    expect(!/[0-9a-f]{8}-[0-9a-f]{4}/.test(await textOf(page.locator("tbody"))), "an event is a bare id");
  }],
  ["the audit is sentences", async ({ page, call, gpu }) => {
    const one = await call("POST", "/api/v1/tasks", { name: "to-be-cancelled", cmd: "true", queue: "checks", requires: gpu.spec?.requires ?? { gpu: "b200" } });
    await call("POST", `/api/v1/tasks/${one.id}/cancel`);
    await page.goto("/ui/audit");
    await page.getByText("mira (unverified) set maxRunning 40 → 30 of queue checks").waitFor();
    await page.getByText("someone cancelled task to-be-cancelled").waitFor();
  }],
  ["a cause shows what a task has written", async ({ page }) => {
    await page.goto("/ui/queues/checks-same");
    await page.locator(".failure code", { hasText: "no space on /srv/backup/7" }).waitFor();
  }],
  ["schedules say that the last run failed, and show the last ones", async ({ page }) => {
    await page.goto("/ui/schedules");
    const row = page.locator("tr", { hasText: "checks-broken" });
    await row.getByText("last run failed").waitFor();
    expect(await row.locator(".runs .failed").count() > 0, "no bar");
    await page.goto("/ui/schedules/checks-broken");
    await page.getByText(/^The last run failed/).waitFor();
  }],
  ["a webhook that fails says how much waits", async ({ page, call, hook }) => {
    await until("a delivery fails", async () => (await call("GET", `/api/v1/webhooks/${hook.id}`)).retrying > 0);
    await page.goto(`/ui/webhooks/${hook.id}`);
    await page.locator(".head").getByText(/^failing, \d+ waiting$/).waitFor();
  }],
  ["a node lists what takes its slots, chunks too", async ({ page, call, slow }) => {
    await until("a chunk runs", async () => (await call("GET", `/api/v1/jobs/${slow.id}`)).chunksRunning > 0);
    const { id } = (await call("GET", "/api/v1/nodes")).items[0];
    await page.goto(`/ui/nodes/${id}`);
    await page.getByText(/chunks? of the job checks-slow/).waitFor();
  }],
  ["a queue's weight is shown and changed", async ({ page }) => {
    await page.goto("/ui/queues/checks-same");
    await page.getByLabel("Weight").fill("5");
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.locator(".figures div", { hasText: "weight" }).getByText("5", { exact: true }).waitFor();
    await page.goto("/ui/queues");
    expect(/5 ?Pause$/.test(await textOf(page.locator("tr", { hasText: "checks-same" }))), "the list does not show it");
  }],
  ["a queue is made", async ({ page }) => {
    await page.goto("/ui/queues");
    await page.getByRole("button", { name: "New queue" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("checks-made");
    await page.getByRole("dialog").getByLabel("Running at once").fill("3");
    await page.getByRole("button", { name: "Create queue" }).click();
    await page.waitForURL(/\/ui\/queues\/checks-made$/);
    expect(await page.getByLabel("Running at once").inputValue() === "3", "its limit is missing");
    await page.getByLabel("Running at once").fill("5O");
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.locator(".field", { hasText: "Running at once" }).locator(".fault-text").waitFor();
    await page.goto("/ui/queues");
    await page.getByRole("button", { name: "New queue" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("checks-made");
    await page.getByRole("button", { name: "Create queue" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "Open it" }).click();
    await page.waitForURL(/\/ui\/queues\/checks-made$/);
    expect(await page.getByLabel("Running at once").inputValue() === "3", "its limit is gone");
  }],
  ["a node keeps its row when it drains", async ({ page, call }) => {
    const { items: [real] } = await call("GET", "/api/v1/nodes");
    const nodes = ["checks-1", "checks-2", "checks-3"].map((id) => ({ ...real, id, state: "ready", running: 0 }));
    await page.route("**/api/v1/nodes", (route) => route.fulfill({ json: { items: nodes, nextCursor: null } }));
    await page.route("**/api/v1/nodes/*/drain", (route) => {
      nodes.find(({ id }) => route.request().url().includes(id)).state = "draining";
      return route.fulfill({ status: 202, body: "" });
    });
    await page.setViewportSize({ width: 1024, height: 768 });
    await page.goto("/ui/nodes");
    const rows = page.locator("tbody tr");
    await rows.nth(1).getByRole("button", { name: "Drain" }).click();
    await page.locator(".toast", { hasText: "checks-2 takes no new work" }).waitFor();
    const resume = page.getByRole("button", { name: "Resume" });
    await resume.waitFor();
    const [button, table] = [await resume.boundingBox(), await page.locator(".wide").boundingBox()];
    expect(button.width > 60 && button.x + button.width <= table.x + table.width, "the button is cut off or has no word");
    const ids = await page.locator("tbody td.name").allTextContents();
    expect(ids.join(" ") === "checks-1 checks-2 checks-3", `the rows are ${ids}`);
  }],
  ["a worker's command has what it needs to join", async ({ page }) => {
    await page.goto("/ui/nodes");
    await page.getByRole("button", { name: "Add a worker" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("gpu-1");
    await page.getByRole("dialog").getByLabel("Labels").fill("gpu=a100");
    await page.getByRole("button", { name: "With a join token" }).click();
    await page.getByText(/OTASK_JOIN_TOKEN=otj_\S+ \\\s*make worker ARGS='--master 127\.0\.0\.1:50051 --name gpu-1 --slots 4 --label gpu=a100'/).waitFor();
  }],
  ["a schedule is made with its times in words, changed, and backfilled", async ({ page, call }) => {
    await page.goto("/ui/new/schedule");
    await page.getByPlaceholder("nightly-report").fill("checks-nightly");
    await page.getByLabel("Cron").fill("30 2 * * 1-5");
    await page.getByLabel("Time zone").fill("Europe/Berlin");
    await page.getByText("at 02:30, Monday to Friday").waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll(".times li")].filter((item) => / 02:30/.test(item.textContent)).length === 5);
    await page.getByLabel("Command").fill("echo nightly");
    await page.getByRole("button", { name: "Create the schedule" }).click();
    await page.waitForURL(/\/ui\/schedules\/checks-nightly$/);
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByLabel("Cron").fill("*/5 * * * *");
    await page.getByText("every 5 minutes").waitFor();
    await page.getByRole("button", { name: "Change the schedule" }).click();
    await page.waitForURL(/\/ui\/schedules\/checks-nightly$/);
    expect((await call("GET", "/api/v1/schedules/checks-nightly")).timeZone === "Europe/Berlin", "the zone is lost");
    await page.getByRole("button", { name: "Backfill" }).click();
    const to = new Date(Date.now() - 60_000);
    const local = (time) => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    await page.getByLabel("From").fill(local(to.getTime() - 600_000));
    await page.getByLabel("Until").fill(local(to.getTime()));
    await page.getByRole("dialog").getByRole("button", { name: "Backfill" }).click();
    await page.locator(".toast", { hasText: "2 times will run" }).waitFor();
  }],
  ["a schedule's name is checked before it is sent", async ({ page }) => {
    await page.goto("/ui/new/schedule");
    const name = page.getByPlaceholder("nightly-report");
    await name.fill("Nightly report");
    expect(await name.evaluate((field) => field.validity.patternMismatch), "a name with a space and a capital is taken");
    await name.fill("nightly-report");
    expect(await name.evaluate((field) => field.validity.valid), "a good name is refused");
  }],
  ["the day ahead is held against the slots", async ({ page }) => {
    await page.goto("/ui/schedules");
    await page.getByRole("heading", { name: "The next 24 hours" }).waitFor();
    await page.getByText(/^(At most [\d.]+ of \d+ slots?, at|Nothing that is known needs a slot)/).waitFor();
  }],
  ["a job is made by its form", async ({ page }) => {
    await page.goto("/ui/new/job");
    await page.getByLabel("Name", { exact: true }).fill("checks-made");
    await page.getByLabel("Up to, without it").fill("100");
    expect(JSON.parse(await page.getByLabel("The job as JSON").inputValue()).source.range.to === 100, "the JSON does not say the same");
    await page.getByRole("button", { name: "Start the job" }).click();
    await page.getByText(/^succeeded after/).waitFor();
    await page.getByText("328,350").waitFor();
    await page.getByRole("link", { name: "Edit and run" }).click();
    await page.waitForFunction(() => document.querySelector("textarea[aria-label='The job as JSON']")?.value.includes("checks-made"));
  }],
  ["a failed job says which item failed and why", async ({ page, job }) => {
    await page.goto(`/ui/jobs/${job.id}`);
    await page.locator(".notice.bad", { hasText: /Item 0: .*expects a number/ }).waitFor();
  }],
  ["a job shows its rate over time", async ({ page, slow }) => {
    await page.goto(`/ui/jobs/${slow.id}`);
    await page.getByText(/^Items a second/).waitFor();
    await page.waitForFunction(() => (document.querySelector(".chart .line")?.getAttribute("d") ?? "").length > 20);
  }],
  ["a workflow's node opens beside it, over time too", async ({ page, workflow }) => {
    await page.goto(`/ui/workflows/${workflow.id}?tab=timeline`);
    await page.getByRole("button", { name: /load.*exit 1/ }).click();
    const panel = page.getByRole("complementary", { name: "Node load" });
    const last = panel.locator(".log-line.stderr", { hasText: "duplicate key" });
    await last.waitFor();
    const [line, box] = [await last.boundingBox(), await panel.locator(".tail").boundingBox()];
    expect(line.y + line.height <= box.y + box.height + 1, "the last line is below what is shown");
    await panel.getByRole("button", { name: "Retry the failed part" }).waitFor();
    await panel.getByRole("link", { name: "Open the task" }).waitFor();
  }],
  ["a graph is made larger, pulled and filtered", async ({ page, large }) => {
    await page.goto(`/ui/workflows/${large.id}`);
    await page.getByRole("img", { name: "Map of the graph" }).waitFor();
    const size = () => page.locator(".graph .canvas").evaluate((element) => element.getBoundingClientRect().width);
    const before = await size();
    await page.getByRole("button", { name: "Larger" }).click();
    await page.waitForFunction((width) => document.querySelector(".graph .canvas").getBoundingClientRect().width > width * 1.2, before);
    const place = await page.locator(".graph").boundingBox();
    const scroll = () => page.locator(".graph").evaluate((element) => element.scrollLeft);
    await page.locator(".graph").evaluate((element) => element.scrollTo(300, 0));
    await page.mouse.move(place.x + place.width - 4, place.y + 4);
    await page.mouse.down();
    await page.mouse.move(place.x + place.width - 104, place.y + 4, { steps: 4 });
    await page.mouse.up();
    expect(await scroll() >= 390, `pulled to ${await scroll()}`);
    await page.getByRole("button", { name: "Failures only" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".graph .node").length < 20);
    await page.locator(".graph .node.failed", { hasText: "n57" }).waitFor();
  }],
  ["a draft that waits for nobody says so", async ({ page }) => {
    await page.goto("/ui/new/workflow");
    const field = page.getByLabel("The workflow as JSON");
    await field.fill((await field.inputValue()).replace('["build"]', '["bild"]'));
    await page.getByText("test waits for bild, but no node is called so.").waitFor();
  }],
  ["cancelling a workflow asks for the reason", async ({ page, call }) => {
    const open = await call("POST", "/api/v1/workflows", { name: "checks-open", queue: "checks", nodes: [{ name: "later", task: { cmd: "true", runAt: "2099-01-01T00:00:00Z" } }] });
    await page.goto(`/ui/workflows/${open.id}`);
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("no longer needed");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the workflow" }).click();
    await page.getByText(/^cancelled/).first().waitFor();
    expect((await call("GET", `/api/v1/audit?action=workflow.cancel&target=${open.id}`)).items[0]?.reason === "no longer needed", "the reason is lost");
  }],
  ["a rollout shows what its commands wrote, and runs again where it failed", async ({ page, call }) => {
    const rollout = await call("POST", "/api/v1/rollouts", { name: "checks-rollout", task: { cmd: "echo 'no such unit' >&2; exit 5", queue: "checks" }, waves: [1], catchUp: "1h" });
    await call("GET", `/api/v1/rollouts/${rollout.id}?wait=30s`);
    await page.goto("/ui/rollouts");
    await page.getByRole("link", { name: "checks-rollout" }).click();
    await page.getByText("no such unit").waitFor();
    await page.getByText("1 failed").waitFor();
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Run again" }).click();
    await until("the node has had the command twice", async () => (await call("GET", `/api/v1/rollouts/${rollout.id}/nodes`)).items[0].tries === 2);
  }],
  ["a rollout is started by its form, and its pages follow it until it has succeeded on two workers", ({ page, call }) => withWorkers(call, ["checks-r1", "checks-r2"], "checks=rollout", async () => {
    const list = await page.context().newPage();
    await list.goto("/ui/rollouts");
    await page.goto("/ui/rollouts");
    await page.getByRole("link", { name: "New rollout" }).click();
    await page.getByLabel("Command").fill("echo rolled out");
    await page.getByLabel(/^Name/).fill("checks-form");
    await page.getByLabel("Label of the nodes").fill("checks=rollout");
    await page.locator("datalist option[value='checks=rollout']").waitFor({ state: "attached" });
    const plan = page.locator(".times");
    await plan.getByText("Selects 2 of 3 nodes now").waitFor();
    await page.getByLabel(/^Waves/).fill("2, 1");
    await page.getByText("More about the task").click();
    await page.getByLabel(/^Priority/).fill("12");
    await page.getByText("More about the task").click();
    await page.getByRole("button", { name: "Start the rollout" }).click();
    await page.locator(".field", { hasText: "Waves" }).getByText("waves[1] is 1, after 2").waitFor();
    expect(await page.evaluate(() => document.activeElement.value) === "2, 1", "the field with the fault has no focus");
    await page.getByLabel(/^Waves/).fill("1, 100%");
    await page.getByText("waves[1]").waitFor({ state: "detached" });
    await page.getByText("task.priority must be a whole number from 0 to 9").waitFor();
    await page.getByLabel(/^Priority/).fill("");
    await plan.getByText("Wave 2: 1 more node checks-r2").waitFor();
    await page.getByLabel(/^Pause/).fill("5s");
    await page.getByRole("tab", { name: "otask" }).click();
    await page.getByText("otask rollout start --select checks=rollout --waves 1,100% --pause 5s --name checks-form 'echo rolled out'").waitFor();
    await page.getByRole("button", { name: "Start the rollout" }).click();
    await page.waitForURL(/\/ui\/rollouts\/[0-9a-f-]{36}$/);
    // The first wave ends before the pause, and the second after it: both pages tell without being loaded again.
    const row = list.locator("tr", { hasText: "checks-form" });
    for (const shown of [page.locator(".panel", { hasText: "Waves" }), row])
      await shown.getByText(/^1 succeeded$/).first().waitFor({ state: "attached" });
    await page.getByText("Wave 2 of 2").waitFor();
    await page.locator(".head .state.succeeded").waitFor();
    await page.locator("tr", { hasText: "rolled out" }).getByRole("link", { name: "checks-r2" }).waitFor();
    await row.locator("td").first().getByText("succeeded").waitFor();
    await page.getByRole("link", { name: "Edit and run" }).click();
    await page.getByText("Selects 2 of 3 nodes now").waitFor();
    expect(await page.getByLabel(/^Name/).inputValue() === "checks-form", "its name is lost");
  })],
  ["selected tasks are offered only what they allow", async ({ page }) => {
    await page.goto("/ui/tasks?queue=checks-same");
    await page.getByRole("checkbox", { name: "Select same-again" }).first().check();
    await page.getByRole("button", { name: "Retry", exact: true }).waitFor();
    expect(await page.locator(".panel header").getByRole("button", { name: /^Cancel/ }).count() === 0, "an ended task can be cancelled");
  }],
  ["filters complete, lists are saved as views, and columns are chosen", async ({ page }) => {
    await page.goto("/ui/tasks");
    const field = page.getByRole("combobox", { name: "Filter" });
    await field.fill("que");
    await field.press("Tab");
    expect(await field.inputValue() === "queue=", await field.inputValue());
    await field.pressSequentially("checks-sa");
    await page.getByRole("option", { name: /queue=checks-same/ }).waitFor();
    await field.press("ArrowDown");
    await field.press("Enter");
    await page.waitForURL(/queue=checks-same/);
    await page.getByText("Views").click();
    await page.getByLabel("Name of the view").fill("The same");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.goto("/ui/tasks");
    await page.getByText("Views").click();
    await page.getByRole("link", { name: "The same" }).click();
    await page.waitForURL(/queue=checks-same/);
    await page.getByText("Columns").click();
    await page.getByLabel("Priority").check();
    await page.getByRole("columnheader", { name: "Priority" }).waitFor();
    await page.reload();
    await page.getByRole("columnheader", { name: "Priority" }).waitFor();
  }],
  ["equal new tasks are one row of the overview", async ({ page, call }) => {
    await call("POST", "/api/v1/tasks/batch", { tasks: Array.from({ length: 8 }, () => ({ name: "eight-equal", cmd: "true", queue: "checks-same" })) });
    await page.goto("/");
    await page.locator("tr", { hasText: "eight-equal" }).getByText("× 8").waitFor();
    expect(await page.locator("tr", { hasText: "eight-equal" }).count() === 1, "more than one row");
  }],
  ["the palette does things", async ({ page, call }) => {
    await page.goto("/");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("pause checks-same");
    await page.getByRole("option", { name: /Pause the queue checks-same/ }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("by the palette");
    await page.getByRole("dialog").getByRole("button", { name: "Pause the queue" }).click();
    await page.locator(".toast", { hasText: "paused" }).waitFor();
    expect((await call("GET", "/api/v1/queues/checks-same")).pausedReason === "by the palette", "not paused");
  }],
  ["tables hold at 768: names can be read, no button is cut off", async ({ page }) => {
    await page.setViewportSize({ width: 768, height: 900 });
    for (const path of ["/ui/tasks", "/ui/jobs", "/ui/workflows", "/ui/rollouts", "/ui/schedules", "/ui/queues", "/ui/nodes", "/ui/webhooks", "/ui/audit", "/ui/events"]) {
      await page.goto(path);
      await page.locator("tbody tr").first().waitFor();
      const found = await page.evaluate(() => ({
        name: Math.min(...[...document.querySelectorAll("tbody td.name")].map((cell) => cell.getBoundingClientRect().width)),
        cut: [...document.querySelectorAll(".wide button, .wide a")].filter((one) => { const { left, right } = one.getBoundingClientRect(); return right > innerWidth || left < 0; }).length,
        over: [...document.querySelectorAll(".wide")].map((one) => one.scrollWidth - one.clientWidth).filter((over) => over > 0),
      }));
      expect(found.name >= 120, `${path}: a name has ${found.name} pixels`);
      expect(found.cut === 0, `${path}: ${found.cut} buttons or links are cut off`);
      expect(found.over.length === 0, `${path}: a table is wider than its place by ${found.over}`);
    }
  }],
  ["a connection that is lost is told over the whole window, in every tab", async ({ browser, url }) => {
    const { port, cut, close } = await wireTo(url);
    const context = await browser.newContext({ baseURL: `http://127.0.0.1:${port}` });
    const tabs = [await context.newPage(), await context.newPage()];
    for (const tab of tabs) {
      await tab.goto("/ui/tasks");
      await tab.getByText("live", { exact: true }).waitFor();
    }
    cut(true);
    for (const tab of tabs)
      await tab.getByText(/^No connection to the gateway since/).waitFor({ timeout: 10_000 });
    cut(false);
    for (const tab of tabs)
      await tab.getByText(/^No connection to the gateway since/).waitFor({ state: "detached", timeout: 20_000 });
    await context.close();
    close();
  }],
];

/** Makes all checks; returns what was not as it should be. */
export async function checkAll(browser, url) {
  const call = callerOf(url);
  const data = await fill(call, url);
  const faults = [];
  for (const [name, check] of checks) {
    const context = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 } });
    await context.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => console.error(`policy violation: ${event.violatedDirective} ${event.sample}`)));
    const page = await context.newPage();
    page.setDefaultTimeout(seconds * 1_000);
    page.on("pageerror", (error) => faults.push(`${name}: ${error.message}`));
    page.on("console", (message) => message.text().startsWith("policy violation") && faults.push(`${name}: ${message.text()}`));
    try {
      await check({ page, browser, call, url, ...data });
    } catch (error) {
      faults.push(`${name}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
    }
    await context.close();
  }
  await call("POST", `/api/v1/jobs/${data.slow.id}/cancel`).catch(() => {});
  await call("DELETE", `/api/v1/webhooks/${data.hook.id}`);
  return { count: checks.length, faults };
}

if (process.argv[1]?.endsWith("checks.mjs")) {
  const browser = await chromium.launch({ executablePath: process.env.OTASK_CHROMIUM, args: ["--no-sandbox"] });
  const { count, faults } = await checkAll(browser, process.env.OTASK_URL);
  await browser.close();
  faults.forEach((fault) => console.log(fault));
  console.log(`${count} checks, ${faults.length} faults`);
  process.exit(faults.length > 0 ? 1 : 0);
}
