import { describe, expect, test } from "vitest";
import { AnsiReader, type Run } from "../src/log/ansi";
import { contrast, parse, readable } from "../src/log/contrast";
import { LogLines } from "../src/log/lines";

const text = (line: Run[]) => line.map((run) => run.text).join("");
const read = (...pieces: string[]) => {
  const reader = new AnsiReader();
  return pieces.flatMap((piece) => reader.feed(piece));
};

describe("the reader of terminal output", () => {
  test("colours runs of text, and ends colours", () => {
    const [line] = read("a\u001b[31mb\u001b[1;42mc\u001b[0md\n");
    expect(line!.map((run) => [run.text, run.style.fore, run.style.back, run.style.bold])).toEqual(
      [["a", null, null, false], ["b", "1", null, false], ["c", "1", "2", true], ["d", null, null, false]]);
  });

  test.each([
    ["\u001b[38;5;208mx\n", "#ff8700"], ["\u001b[38;5;9mx\n", "9"], ["\u001b[38;2;180;80;255mx\n", "#b450ff"],
    ["\u001b[38;5;250mx\n", "#bcbcbc"], ["\u001b[95mx\n", "13"], ["\u001b[38;5;999mx\n", null], ["\u001b[38;2;999;-1mx\n", null],
  ])("reads the colour of %j", (piece, colour) => expect(read(piece)[0]![0]!.style.fore).toBe(colour));

  test("goes on with a sequence that two pieces share", () => {
    const lines = read("a\u001b", "[3", "2mb\n");
    expect(text(lines[0]!)).toBe("ab");
    expect(lines[0]![1]!.style.fore).toBe("2");
  });

  test.each([
    ["10 %\r20 %\n", "20 %"], ["long line\rab\n", "abng line"], ["abc\b\bX\n", "aXc"], ["a\tb\n", "a       b"],
    ["abcdef\r\u001b[Kxy\n", "xy"], ["abc\u001b[2K\rz\n", "z"], ["abc\u001b[1Kd\n", "   d"],
  ])("lets %j take effect", (piece, shown) => expect(text(read(piece)[0]!)).toBe(shown));

  test.each([
    ["a\u001b]0;title\u0007b\n"], ["a\u001b]8;;http://evil\u001b\\b\u001b]8;;\u001b\\\n"], ["a\u001b[2J\u001b[Hb\n"], ["a\u001b[?25lb\n"],
    ["a\u001bPq#0\u001b\\b\n"], ["a\u001b(Bb\n"], ["a\u001bcb\n"], ["a\u009b5Ab\n"],
  ])("leaves out %j", (piece) => expect(text(read(piece)[0]!)).toBe("ab"));

  test("gives a sequence without an end back as text", () => {
    const lines = read(`\u001b[${"1;".repeat(400)}`, "x\n");
    expect(text(lines[0]!)).toMatch(/x$/);
    expect(text(read(`\u001b]${"y".repeat(5_000)}\nz\n`)[0]!)).toMatch(/^y+$/);
  });

  test("never grows for backspaces and erases at the beginning", () => {
    expect(text(read("\b\b\u001b[1K\u001b[K\ra\n")[0]!)).toBe("a");
  });
});

describe("lines of a log", () => {
  test("keep both streams apart and in order", () => {
    const log = new LogLines();
    log.feed("stdout", "one\ntw");
    log.feed("stderr", "bad\n");
    log.feed("stdout", "o\nthree");
    expect(log.all().map((line) => [line.stream, line.text])).toEqual([["stdout", "one"], ["stderr", "bad"], ["stdout", "two"], ["stdout", "three"]]);
  });

  test("drop the oldest of too many", () => {
    const log = new LogLines();
    log.feed("stdout", "x\n".repeat(50_010));
    expect([log.lines.length, log.dropped, log.lines[0]!.no]).toEqual([50_000, 10, 10]);
  });
});

test.each(["#000000", "#0000ff", "#ffff00", "#888888", "#ffffff"])("%s can be read on both grounds", (colour) => {
  for (const ground of ["#ffffff", "#101316", "#fdf3f1"])
    expect(contrast(parse(readable(colour, ground)), parse(ground))).toBeGreaterThanOrEqual(4.5);
});
