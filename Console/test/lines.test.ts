import { expect, test } from "vitest";
import { LogLines } from "../src/log/lines";

test("the oldest lines go when there are too many, and are counted", () => {
  const log = new LogLines();
  log.feed("stderr", "first\n");
  log.feed("stdout", Array.from({ length: 60_000 }, (_, i) => `line ${i}\n`).join(""));
  expect([log.lines.length, log.dropped]).toEqual([50_000, 10_001]);
  expect([log.lines[0]!.text, log.lines.at(-1)!.text]).toEqual(["line 10000", "line 59999"]);
  log.feed("stdout", `${"x".repeat(9 * 1024 * 1024)}\nlast\n`);
  expect(log.all().map(({ text }) => text)).toEqual(["last"]);
  expect(log.dropped).toBe(60_002);
});

test("a megabyte of short lines is taken in a moment", () => {
  const log = new LogLines();
  const text = Array.from({ length: 150_000 }, (_, i) => `${i}\n`).join("");
  const began = performance.now();
  for (let from = 0; from < text.length; from += 16_384)
    log.feed("stdout", text.slice(from, from + 16_384));
  expect(performance.now() - began).toBeLessThan(2_000);
});

test("a line has the time at which its beginning arrived", () => {
  const log = new LogLines();
  log.feed("stdout", "one\ntw", "10:00");
  log.feed("stderr", "bad\n", "10:01");
  log.feed("stdout", "o\nthree\n", "10:02");
  log.feed("stderr", "worse\n");
  expect(log.all().map(({ stream, text, at }) => `${stream} ${text} ${at}`)).toEqual(
    ["stdout one 10:00", "stderr bad 10:01", "stdout two 10:00", "stdout three 10:02", "stderr worse null"]);
});
