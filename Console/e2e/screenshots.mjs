// Fills a service with what a small company runs, and makes the pictures of the documents anew. Run by `make screenshots`.
import { chromium } from "playwright-core";
import { callerOf } from "./filling.mjs";

const url = process.env.OTASK_URL;
const out = process.argv[2] ?? "../../docs/screenshots";
const call = callerOf(url);
const task = (spec) => call("POST", "/api/v1/tasks", spec);
const many = async (count, of) => {
  for (let i = 0; i < count; i++)
    await task(of(i));
};

await call("PUT", "/api/v1/queues/etl", { maxRunning: 40, weight: 3 });
await call("PUT", "/api/v1/queues/etl", { maxRunning: 2 }, { "otask-actor": "mira", "otask-reason": "the warehouse is slow" });
await call("PUT", "/api/v1/queues/media", { ratePerSecond: 5 });
await many(30, (i) => ({ cmd: `echo "page ${i} fetched"; sleep 0.${i % 9}`, name: "fetch-page", queue: "crawl", labels: { site: "example.org" } }));
await many(14, (i) => ({
  cmd: "echo 'connecting to db-7'; echo 'rsync: write failed on /srv/backup: disk quota exceeded (122)' >&2; exit 1",
  name: `backup-${["users", "orders", "invoices"][i % 3]}`, queue: "etl", labels: { team: "data" },
}));
const names = ["render-invoice", "resize-image", "send-digest", "index-documents", "compress-logs"];
await many(60, (i) => ({
  cmd: `echo processing item ${i}; sleep 0.${i % 10}`, name: names[i % 5], queue: ["media", "reports", "default"][i % 3], priority: i % 10,
  labels: { team: ["web", "data"][i % 2] },
}));
await task({ cmd: "python train.py --epochs 20", name: "train-classifier", requires: { gpu: "a100" } });
const check = await task({
  cmd: "for i in $(seq 1 300); do echo \"INFO handled request $i for /api/orders in 12 ms\"; [ $((i % 40)) = 0 ] && echo \"WARN slow query $i took 1.4 s\" >&2; done; "
    + "echo 'panic: index out of range [7] with length 7' >&2; exit 2",
  name: "order-service-check", queue: "reports", labels: { team: "web" },
});
const job = await call("POST", "/api/v1/jobs", {
  name: "thumbnails", queue: "media", source: { range: { from: 0, to: 30_000 } }, chunkSize: 20,
  process: { command: { cmd: "while read x; do sleep 0.01; echo $x; done" } }, aggregate: [{ as: "items", op: "count" }],
});
const workflow = await call("POST", "/api/v1/workflows", {
  name: "nightly-load", queue: "etl", labels: { team: "data" }, nodes: [
    { name: "extract", task: { cmd: "echo extracting; sleep 2" } },
    { name: "clean", after: ["extract"], task: { cmd: "echo cleaning; sleep 1" } },
    { name: "load-users", after: ["clean"], task: { cmd: "sleep 1; echo 'ERROR: duplicate key violates users_pkey' >&2; exit 1" } },
    { name: "load-orders", after: ["clean"], task: { cmd: "echo loading orders; sleep 3" } },
    { name: "check", after: ["load-orders"], mayFail: true, task: { cmd: "sleep 1" } },
    { name: "report", after: ["load-users", "load-orders"], task: { cmd: "echo report" } },
    { name: "alert", after: [{ node: "load-users", on: "failed" }], task: { cmd: "echo mail sent" } }],
});
await call("PUT", "/api/v1/schedules/nightly-report", { cron: "30 2 * * 1-5", timeZone: "Europe/Berlin", task: { cmd: "echo report", queue: "reports" } });
await call("PUT", "/api/v1/schedules/poll-inbox", { every: "2s", task: { cmd: "[ $(($(date +%s) / 2 % 5)) != 0 ] || { echo 'imap: timeout' >&2; exit 1; }" } });
await call("PUT", "/api/v1/schedules/weekly-vacuum", { cron: "15 3 * * 0", timeZone: "Europe/Berlin", task: { cmd: "vacuum" } });
for (let state = ""; state !== "failed";)
  ({ state } = await call("GET", `/api/v1/workflows/${workflow.id}?wait=30s`));

const browser = await chromium.launch({ executablePath: process.env.OTASK_CHROMIUM, args: ["--no-sandbox"] });
async function picture(name, path, { width = 1440, height = 900, theme = "light" } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme });
  await page.goto(url + path);
  await page.locator("h1").first().waitFor();
  await page.waitForLoadState("networkidle").catch(() => {});
  await page.waitForTimeout(1_500);
  await page.screenshot({ path: `${out}/${name}.png` });
  await page.close();
}

await picture("overview", "/");
await picture("overview-dark", "/", { theme: "dark" });
await picture("overview-phone", "/", { width: 390, height: 844 });
await picture("tasks", "/ui/tasks");
await picture("task", `/ui/tasks/${check.id}`);
await picture("job", `/ui/jobs/${job.id}`);
await picture("workflow", `/ui/workflows/${workflow.id}`);
await picture("workflow-dark", `/ui/workflows/${workflow.id}`, { theme: "dark" });
await picture("schedules", "/ui/schedules");
await picture("queue", "/ui/queues/etl");
await picture("new-schedule", "/ui/new/schedule");
await picture("nodes", "/ui/nodes");
await browser.close();
