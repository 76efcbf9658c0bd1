import { expect, test } from "vitest";
import { pathOf, topOf } from "../src/ui/Chart";
import { pageOf } from "../src/format/attention";
import { milliseconds, shows } from "../src/format/series";

test("a line begins anew after a gap, and a lone value is a dot", () => {
  expect(pathOf([0, 1, null, 1, null], 1)).toBe("M0.0 120.0L150.0 4.0M450.0 4.0L450.0 4.0");
  expect(pathOf([null, null], 1)).toBe("");
});

test("the top of a chart is the next round number, and never zero", () => {
  const line = (values: (number | null)[]) => [{ label: "", colour: "", values }];
  expect([topOf(line([null, 0])), topOf(line([3])), topOf(line([1_201])), topOf(line([0.07]))]).toEqual([1, 5, 2_000, expect.closeTo(0.1)]);
});

test("durations of the service become milliseconds", () => {
  expect([milliseconds("10s"), milliseconds("1m30s"), milliseconds("250ms"), milliseconds("1d"), milliseconds("6h")]).toEqual([10_000, 90_000, 250, 86_400_000, 21_600_000]);
});

test("values of a legend are short", () => {
  expect([shows.rate(0.25), shows.rate(7.25), shows.rate(41_000), shows.time(0.11), shows.time(4_000), shows.time(600_000)]).toEqual(["0.25/s", "7.3/s", "41K/s", "0.11 ms", "4 s", "10 min"]);
});

test("each item of attention leads to the page that shows it", () => {
  expect(pageOf({ code: "failures-up", target: "etl" })).toBe("/ui/tasks?state=failed&queue=etl");
  expect(pageOf({ code: "node-lost", target: "a b" })).toBe("/ui/nodes/a%20b");
  expect(pageOf({ code: "store-low-space", target: "store" })).toBe("/ui/cluster");
});
