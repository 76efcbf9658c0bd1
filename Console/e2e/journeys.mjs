// What people come for: each way has a limit of clicks and seconds, with many tasks stored. Counts the clicks that it makes.
import { readFileSync } from "node:fs";

/** Stores this many tasks by batches; most wait in a paused queue, so that they cost no time. */
export async function fillMany(call, many) {
  await call("PUT", "/api/v1/queues/bulk", { paused: true });
  for (let left = many; left > 0; left -= 1_000)
    await call("POST", "/api/v1/tasks/batch", { tasks: Array.from({ length: Math.min(1_000, left) }, (_, i) => ({ cmd: "true", name: `bulk-${i % 50}`, queue: "bulk", labels: { team: "bulk" } })) });
}

const ways = [
  {
    who: "Olga sees what is wrong", clicks: 0, seconds: 10,
    async go({ page, url }) {
      await page.goto(url);
      await page.locator(".attention li", { hasText: "Queue bulk is paused" }).waitFor();
      await page.locator(".attention li", { hasText: "No node can run" }).waitFor();
      await page.waitForFunction(() => /^\(\d+\) /.test(document.title));
    },
  },
  {
    who: "Olga pauses a queue and takes it back", clicks: 3, seconds: 8,
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/queues/etl`);
      await click(page.getByRole("button", { name: "Pause" }));
      await page.getByText("paused: nothing new starts").waitFor();
      await click(page.locator(".toast").getByRole("button", { name: "Undo" }));
      await page.getByText("open", { exact: true }).first().waitFor();
    },
  },
  {
    who: "Olga retries the tasks of one cause", clicks: 4, seconds: 30,
    async go({ page, url, click }) {
      await page.goto(url);
      await click(page.locator(".failure").first().getByRole("button", { name: /Retry/ }));
      await click(page.getByRole("dialog").getByRole("button", { name: /Retry/ }));
      await page.locator(".toast").first().waitFor();
    },
  },
  {
    who: "Devi reads why the task failed", clicks: 0, seconds: 5,
    async go({ page, url, failed }) {
      await page.goto(`${url}/ui/tasks/${failed}`);
      await page.locator(".log-line", { hasText: "the reason is here" }).waitFor();
    },
  },
  {
    who: "Devi changes the command and runs it again", clicks: 2, seconds: 10,
    async go({ page, url, click, failed }) {
      await page.goto(`${url}/ui/tasks/${failed}`);
      await click(page.getByRole("link", { name: /Edit/ }));
      await page.getByLabel("Command").first().fill("echo mended");
      await click(page.getByRole("button", { name: "Start the task" }));
      await page.getByText("succeeded after").first().waitFor();
    },
  },
  {
    who: "Devi sees why a task waits", clicks: 1, seconds: 5,
    async go({ page, url, waits }) {
      await page.goto(`${url}/ui/tasks/${waits}`);
      await page.getByText(/label|gpu/).first().waitFor();
    },
  },
  {
    who: "Dana sees how far a job is", clicks: 1, seconds: 5,
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/jobs`);
      await click(page.locator("tbody a").first());
      await page.getByText(/100 ?%|succeeded/).first().waitFor();
    },
  },
  {
    who: "Dana runs a workflow and opens its failed node", clicks: 2, seconds: 30,
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/workflows/new`);
      await click(page.getByRole("button", { name: "Start the workflow" }));
      await page.getByText("succeeded after").first().waitFor();
      await click(page.getByRole("link", { name: /lint.*exit 1.*waits for build/ }));
      await page.locator(".log-line", { hasText: "two warnings" }).waitFor();
    },
  },
  {
    who: "Devi is shown the node of a workflow that is refused", clicks: 2, seconds: 10,
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/workflows/new`);
      const field = page.getByLabel("The workflow as JSON");
      await field.fill((await field.inputValue()).replace('["build"]', '["bild"]'));
      await click(page.getByRole("button", { name: "Start the workflow" }));
      await page.locator(".faults li", { hasText: "test" }).waitFor();
      await click(page.locator(".faults").getByRole("button", { name: "Show" }).first());
      await page.waitForFunction(() => {
        const { value, selectionStart, selectionEnd } = document.activeElement;
        return value?.slice(selectionStart, selectionEnd).startsWith('{"name": "test"');
      });
    },
  },
  {
    who: "Nico sees the first task succeed", clicks: 2, seconds: 15,
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/tasks/new`);
      await page.getByLabel("Command").first().fill("echo hello from Nico");
      await click(page.getByRole("button", { name: "Start the task" }));
      await page.locator(".log-line", { hasText: "hello from Nico" }).waitFor();
    },
  },
];

/** Goes all ways; returns what was too slow, took too many clicks, or did not lead there. */
export async function goAll(browser, url, ids) {
  const faults = [];
  for (const { who, clicks, seconds, go } of ways) {
    const page = await browser.newPage();
    page.setDefaultTimeout(seconds * 1_000);
    let made = 0;
    const began = performance.now();
    try {
      await go({ page, url, ...ids, click: async (what) => { made++; await what.click(); } });
      const took = (performance.now() - began) / 1_000;
      if (made > clicks || took > seconds)
        faults.push(`${who}: ${made} clicks and ${took.toFixed(1)} s, allowed are ${clicks} and ${seconds}`);
      console.log(`${who}: ${made} clicks, ${took.toFixed(1)} s`);
    } catch (error) {
      faults.push(`${who}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
    }
    await page.close();
  }
  return faults;
}

const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** What the rules of accessibility find serious on the page. */
export async function serious(page) {
  // What scrolls becomes reachable a moment after it is there.
  await page.waitForTimeout(400);
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target }) => target.join(" ")).join(", ")}`);
}
