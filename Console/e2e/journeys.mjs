// What people come for: each way has a limit of clicks and seconds, with many tasks stored. Counts the clicks that it makes.
import { readFileSync } from "node:fs";
import { callerOf } from "./filling.mjs";

const ways = [
  {
    who: "Olga, on the phone: what is wrong, since when, how much, and what changed before", clicks: 0, seconds: 10, phone: true,
    async go({ page, url }) {
      await page.goto(url);
      const item = page.locator(".attention li", { hasText: "failed in queue etl" });
      await item.getByText(/^for \d/).waitFor();
      await item.getByText("set maxRunning 40 → 400 of queue etl, “catch up”").waitFor();
      await item.getByText(/^[1-9][\d,]* tasks failed/).waitFor();
      await page.waitForFunction(() => /^\(\d+\) /.test(document.title));
    },
  },
  {
    who: "Olga, on the phone: pauses a queue with a reason, and takes it back", clicks: 3, seconds: 8, phone: true,
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/queues/etl`);
      await click(page.getByRole("button", { name: "Pause" }));
      await page.getByRole("dialog").getByLabel("Reason").fill("disk full – Olga");
      await click(page.getByRole("dialog").getByRole("button", { name: "Pause" }));
      await page.getByText(/paused: nothing new starts/).waitFor();
      await page.getByText("disk full – Olga").waitFor();
      await click(page.locator(".toast").getByRole("button", { name: "Undo" }));
      await page.getByText("open", { exact: true }).first().waitFor();
    },
  },
  {
    who: "Olga, on the phone: retries exactly the tasks of one cause, knowing the count first", clicks: 4, seconds: 30, phone: true,
    async go({ page, url, click, failing }) {
      await page.goto(url);
      await click(page.locator(".failure", { hasText: "disk quota" }).getByRole("button", { name: /Retry/ }));
      const asks = page.getByRole("dialog", { name: `Retry ${failing} tasks?` });
      await asks.waitFor();
      if (failing > 100)
        await asks.getByLabel(/to confirm/).fill(String(failing));
      await click(asks.getByRole("button", { name: /Retry/ }));
      await page.locator(".toast", { hasText: `${failing} tasks queued again` }).waitFor();
    },
  },
  {
    who: "Dana: percent, time left and bottleneck of a job", clicks: 1, seconds: 5,
    prepare: ({ call }) => call("POST", "/api/v1/jobs", {
      name: "slow squares", source: { range: { from: 0, to: 3_000 } }, chunkSize: 20, process: { command: { cmd: "while read x; do sleep 0.02; echo $x; done" } },
      aggregate: [{ as: "items", op: "count" }],
    }),
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/jobs`);
      await click(page.getByRole("link", { name: "slow squares" }).first());
      await page.getByText(/^Held back by slots/).waitFor();
      const figure = (name) => page.locator(".figures div", { hasText: name }).locator("b");
      await page.waitForFunction(() => [...document.querySelectorAll(".figures div")]
        .filter((found) => /done|left/.test(found.textContent) && /\d/.test(found.querySelector("b").textContent)).length === 2);
      return `${await figure("done").textContent()}, ${await figure("left").textContent()} left`;
    },
    after: async ({ call, made }) => call("POST", `/api/v1/jobs/${made.id}/cancel`),
  },
  {
    who: "Devi: the line that says why, from the link", clicks: 0, seconds: 5,
    async go({ page, url, failed }) {
      await page.goto(`${url}/ui/tasks/${failed}`);
      await page.locator(".log-line", { hasText: "here is the reason" }).waitFor();
    },
  },
  {
    who: "Devi: changes the command and runs it again", clicks: 2, seconds: 10,
    async go({ page, url, click, failed }) {
      await page.goto(`${url}/ui/tasks/${failed}`);
      await click(page.getByRole("link", { name: /Edit/ }));
      await page.getByLabel("Command").first().fill("echo mended");
      await click(page.getByRole("button", { name: "Start the task" }));
      await page.getByText("succeeded after").first().waitFor();
    },
  },
  {
    who: "Devi: why a task waits, node by node, and what to do", clicks: 1, seconds: 5,
    async go({ page, url, waits }) {
      await page.goto(`${url}/ui/tasks/${waits}`);
      await page.getByText(/carries the labels gpu=a100/).waitFor();
      await page.getByText(/requires the label gpu=a100, but the node has no label gpu/).waitFor();
    },
  },
  {
    who: "Ari: who cancelled it, when, why, with which key", clicks: 3, seconds: 15,
    async go({ page, url, click }) {
      await page.goto(url);
      await click(page.getByRole("link", { name: "Tasks", exact: true }).first());
      await click(page.getByRole("button", { name: /^cancelled/ }));
      await click(page.getByRole("link", { name: "nightly-report" }).first());
      await page.locator(".notice", { hasText: "Cancelled by ari-laptop" }).getByText("the report has moved").waitFor();
    },
  },
  {
    who: "Dana: runs a workflow and opens its failed node", clicks: 2, seconds: 30,
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/new/workflow`);
      await click(page.getByRole("button", { name: "Start the workflow" }));
      await page.getByText("succeeded after").first().waitFor();
      await click(page.getByRole("link", { name: /lint.*exit 1.*waits for build/ }));
      await page.locator(".log-line", { hasText: "two warnings" }).waitFor();
    },
  },
  {
    who: "Devi: is shown the node of a workflow that is refused", clicks: 2, seconds: 10,
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/new/workflow`);
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
    who: "Nico: sees the first task succeed, with its output", clicks: 2, seconds: 15,
    async go({ page, url, click }) {
      await page.goto(`${url}/ui/new/task`);
      await page.getByLabel("Command").first().fill("echo hello from Nico");
      await click(page.getByRole("button", { name: "Start the task" }));
      await page.locator(".log-line", { hasText: "hello from Nico" }).waitFor();
    },
  },
];

/** Goes all ways; returns what each took, and under `fault` that it was too slow, took too many clicks, or did not lead there. */
export async function goAll(browser, url, ids) {
  const results = [];
  const call = callerOf(url);
  for (const { who, clicks, seconds, phone, prepare, go, after } of ways) {
    const made = await prepare?.({ call, ...ids });
    const context = await browser.newContext(phone ? { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } : {});
    const page = await context.newPage();
    page.setDefaultTimeout(seconds * 1_000);
    const result = { who, clicks: 0, mostClicks: clicks, seconds: 0, mostSeconds: seconds };
    const began = performance.now();
    try {
      const click = async (what) => { result.clicks++; await (phone ? what.tap() : what.click()); };
      const said = await go({ page, url, ...ids, click });
      if (said)
        result.said = said;
    } catch (error) {
      result.fault = error.message.split("\n").slice(0, 3).join(" ");
    }
    result.seconds = Math.round(performance.now() - began) / 1_000;
    if (!result.fault && (result.clicks > clicks || result.seconds > seconds))
      result.fault = "beyond its limit";
    results.push(result);
    await context.close();
    await after?.({ call, made });
  }
  return results;
}

/** The results as a table. */
export function tableOf(results) {
  const rows = [["clicks", "limit", "seconds", "limit", "", "journey"], ...results.map((one) =>
    [one.clicks, one.mostClicks, one.seconds.toFixed(2), one.mostSeconds, one.fault ? "MISSED" : "", one.who + (one.fault ? `: ${one.fault}` : "")])];
  return rows.map((row) => row.map((cell, i) => i < 4 ? String(cell).padStart(8) : i === 4 ? String(cell).padStart(7) : ` ${cell}`).join("")).join("\n");
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
