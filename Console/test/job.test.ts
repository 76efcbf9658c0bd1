import { expect, test } from "vitest";
import type { CellState, JobStats } from "../src/api/types";
import { collects, coverageWords, heldBackBy, placesOf, processWords, ratesOf, rounded, sourceWords } from "../src/format/job";

const stats = (heldBackBy: JobStats["heldBackBy"], more: Partial<JobStats> = {}) => ({ heldBackBy, gain: null, stragglers: [], ...more });
const straggler = { no: 1_024, node: "w1", runningFor: "12.3456s", secondRunOn: null };

test.each([
  ["running", 1_902, 40, stats("slots"), /^Held back by slots: 40 running, 1,902 chunks wait for one\. More slots/],
  ["running", 1_902, 40, stats("slots", { gain: { slots: 40, seconds: 90 } }), /40 more slots would spare about \d.*\.$/],
  ["running", 3, 0, stats("slots"), /^Held back by its queue: 3 chunks wait, and none runs/],
  ["running", 1, 40, stats("slots"), /40 running, 1 chunk waits for one\./],
  ["running", 1, 0, stats("slots"), /^Held back by its queue: 1 chunk waits, and none runs/],
  ["running", 0, 1, stats("stragglers", { stragglers: [straggler] }), /last chunks: chunk 1,024 on w1 for 12\.3s takes too long/],
  ["running", 0, 1, stats("nothing"), /^Nothing holds it back: 1 chunk running/],
  ["running", 0, 0, stats("source"), /by its source/],
  ["running", 0, 2, stats("pace"), /by its pace/],
  ["running", 0, 2, stats("store"), /by the store/],
  ["succeeded", 0, 0, stats("nothing"), /^$/],
] as const)("a job that is %s with %i waiting and %i running chunks", (state, chunksQueued, chunksRunning, told, said) => {
  expect(heldBackBy({ state, chunksQueued, chunksRunning }, told)).toMatch(said);
});

test("durations lose the digits that nobody reads", () => {
  expect(["1.2345s", "12ms", "1m2.999s", "0.25ms"].map(rounded)).toEqual(["1.2s", "12ms", "1m2.9s", "0.2ms"]);
});

test("a chunk's places are its first and last item", () => {
  expect(placesOf({ first: -50, length: 10 })).toBe("-50 – -41");
  expect(placesOf({ first: 1_000, length: 1 })).toBe("1,000");
  expect(placesOf({ first: 7, length: 0 })).toBe("–");
});

test("the coverage is told in words, each state once", () => {
  const runs: [CellState, number][] = [["folded", 30], ["running", 1], ["folded", 19], ["queued", 10], ["unread", 140]];
  expect(coverageWords(runs)).toEqual(["25 % done", "1 % running", "5 % waiting", "70 % not read"]);
  expect(coverageWords([])).toEqual([]);
});

test.each([
  [{ range: { from: 0, to: 1_000_000 } }, "the integers 0 – 999,999"],
  [{ file: { path: "/data/a.csv", format: "csv" } }, "csv of /data/a.csv"],
  [{ items: [1, 2, 3] }, "3 items"],
  [{ command: { argv: ["find", "/srv"] } }, "what this prints: find /srv"],
  [{ stream: {} }, "items that are sent to it"],
])("a source %j is told in words", (source, said) => {
  expect(sourceWords({ source })).toBe(said);
});

test.each([
  [{ builtin: "json", select: "/price" }, "json /price"],
  [{ command: { cmd: "tr a-z A-Z" } }, "tr a-z A-Z"],
  [{ plugin: { name: "resize" } }, "plug-in resize"],
])("a processor %j is told in words", (process, said) => {
  expect(processWords({ process })).toBe(said);
});

test("only a job that collects has lines to read", () => {
  expect([collects({ aggregate: [{ op: "sum" }, { op: "collect" }] }), collects({ aggregate: [{ op: "sum" }] }), collects({})]).toEqual([true, false, false]);
});

test("a job's rate is in even steps, however far its points are apart", () => {
  const at = (second: number) => new Date(1_000_000_000_000 + second * 1_000).toISOString();
  const rates = ratesOf([{ at: at(0), items: 0 }, { at: at(1), items: 10 }, { at: at(9), items: 10 }, { at: at(10), items: 40 }], 600_000, 10);
  expect(rates).toEqual({ from: 1_000_000_000_000, step: 1_000, values: [10, 0, 0, 0, 0, 0, 0, 0, 0, 30] });
  // Only the last ten minutes of a long job.
  expect(ratesOf([{ at: at(0), items: 0 }, { at: at(1_200), items: 12_000 }], 600_000, 2)).toMatchObject({ from: 1_000_000_600_000, values: [10, 10] });
  expect(ratesOf([{ at: at(0), items: 0 }]).values).toEqual([]);
  expect(ratesOf([]).values).toEqual([]);
});
