// Goes the ways of journeys.mjs with OTASK_MANY tasks stored, prints what each took, and writes that to OTASK_JOURNEYS_EVIDENCE.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { chromium } from "playwright-core";
import { callerOf, fillMany, noticed, prepare } from "./filling.mjs";
import { goAll, tableOf } from "./journeys.mjs";

const { OTASK_URL: url, OTASK_CHROMIUM: executablePath, OTASK_COMMIT: commit, OTASK_JOURNEYS_EVIDENCE: evidence } = process.env;
const many = Number(process.env.OTASK_MANY ?? 100_000);
const call = callerOf(url);
const began = performance.now();
await fillMany(call, many);
const ids = await prepare(call);
await noticed(call);
const { total: stored } = await call("GET", "/api/v1/tasks/summary");
const filled = Math.round((performance.now() - began) / 1_000);
console.log(`${stored} tasks stored in ${filled} s`);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const version = browser.version();
const journeys = await goAll(browser, url, ids);
await browser.close();
console.log(tableOf(journeys));
if (evidence)
  writeFileSync(evidence, `${JSON.stringify({
    campaign: "journeys of people through the console", commit, at: new Date().toISOString(), cores: cpus().length, processor: cpus()[0].model, chromium: version,
    stored, filledSeconds: filled, journeys,
  }, null, 2)}\n`);
const missed = journeys.filter(({ fault }) => fault).length;
console.log(`${journeys.length} journeys, ${missed} missed`);
process.exit(missed > 0 ? 1 : 0);
