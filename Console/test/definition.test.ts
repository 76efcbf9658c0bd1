import { describe, expect, it } from "vitest";
import type { Parameter } from "../src/api/types";
import { againPage, begin, choicesOf, definitionPage, favouritesOf, hasLines, hintOf, inputOf, leftOut, limitsOf, mostFavourites, noteOf, toggled, valuesOf } from "../src/format/definition";

const day: Parameter = { name: "day", type: "date", required: true };
const rows: Parameter = { name: "rows", type: "integer", default: 10, min: 1, max: 100, description: "How many" };
const note: Parameter = { name: "note" };

describe("the form of a definition", () => {
  it("begins with the defaults, or with the values of an earlier run", () => {
    expect(begin([day, rows, note])).toEqual({ day: "", rows: "10", note: "" });
    expect(begin([day, rows, note], { day: "2026-11-26", rows: 7, old: "x" })).toEqual({ day: "2026-11-26", rows: "7", note: "" });
  });

  it("begins empty for a parameter that is called as what every object has", () => {
    expect(Object.entries(begin([{ name: "constructor" }, { name: "toString", default: "x" }]))).toEqual([["constructor", ""], ["toString", "x"]]);
  });

  it("sends what was typed as it was typed, and leaves out what was left empty", () => {
    expect(valuesOf([day, rows, note], { day: "2026-11-26", rows: "", note: " $(id) " })).toEqual({ day: "2026-11-26", note: " $(id) " });
    expect(valuesOf([{ ...note, required: true }], { note: "" })).toEqual({ note: "" });
    expect(valuesOf([{ ...note, default: "x" }], { note: "" })).toEqual({ note: "" });
  });

  it("says what a value may be", () => {
    expect(hintOf(rows)).toBe("How many; a whole number from 1 to 100; 10 if empty");
    expect(hintOf({ ...note, max: 3, pattern: "[a-z]+", default: "a" })).toBe("at most 3 characters; must match [a-z]+; by default a");
    expect(hintOf({ ...note, type: "boolean", default: false })).toBe("");
    expect(inputOf({ ...note, secret: true })).toBe("password");
    expect(inputOf(day)).toBe("date");
  });

  it("has an address for each name", () => {
    expect(definitionPage("etl/load-day")).toBe("/ui/definitions/etl%2Fload-day");
    expect(againPage("etl/load-day", "01a")).toBe("/ui/definitions/etl%2Fload-day?again=01a");
  });

  it("has the bounds that a browser checks, and no others", () => {
    expect(limitsOf({ ...day, min: "2026-01-01", max: "2026-12-31" })).toEqual({ required: true, min: "2026-01-01", max: "2026-12-31" });
    expect(limitsOf({ name: "at", type: "time" })).toEqual({ step: 1 });
    expect(limitsOf(rows)).toEqual({ inputMode: "numeric" });
    expect(limitsOf({ ...note, required: true, min: 1 })).toEqual({});
    expect(limitsOf({ ...day, secret: true, min: "2026-01-01" })).toEqual({ required: true });
    expect(limitsOf({ ...note, secret: true, required: true })).toEqual({ required: true });
  });

  it("chooses nothing for the reader", () => {
    const format: Parameter = { name: "format", type: "choice", choices: ["text", "csv"] };
    expect(choicesOf({ ...format, required: true })).toEqual([["", "Choose…"], ["text", "text"], ["csv", "csv"]]);
    expect(choicesOf({ ...format, default: "csv" })![0]).toEqual(["", "csv (default)"]);
    expect(choicesOf({ name: "all", type: "boolean", default: false })).toEqual([["", "false (default)"], ["true", "true"], ["false", "false"]]);
    expect(choicesOf({ ...format, secret: true })).toBeNull();
    expect(choicesOf(note)).toBeNull();
  });

  it("offers what was printed, and keeps a value that no longer is", () => {
    const database: Parameter = { name: "database", type: "choice", choicesFrom: "databases/list" };
    expect(choicesOf({ ...database, required: true }, ["orders", "stock"])).toEqual([["", "Choose…"], ["orders", "orders"], ["stock", "stock"]]);
    expect(choicesOf(database, ["orders"], "orders")).toEqual([["", "–"], ["orders", "orders"]]);
    expect(choicesOf(database, ["orders"], "stock")).toEqual([["", "–"], ["orders", "orders"], ["stock", "stock (no longer printed)"]]);
    expect(choicesOf(database)).toEqual([["", "–"]]);
    const printed = { definition: "databases/list", values: ["orders"], task: null, printedAt: null, truncated: false, leftOut: 0, problem: null };
    expect(noteOf(printed)).toBe("");
    expect(noteOf({ ...printed, truncated: true, values: Array.from({ length: 1000 }, (_, index) => String(index)), leftOut: 1 }))
      .toBe("Only the first 1,000 lines can be chosen. 1 line was left out: too long, or not text.");
    expect(noteOf({ ...printed, leftOut: 2 })).toBe("2 lines were left out: too long, or not text.");
  });

  it("keeps the lines of a text, and says which values it has no field for", () => {
    expect(hasLines(note, "a\nb")).toBe(true);
    expect(hasLines(note, "a b")).toBe(false);
    expect(hasLines({ ...note, secret: true }, "a\nb")).toBe(false);
    expect(leftOut([day], { day: "2026-11-26", old: 1 })).toEqual(["old"]);
  });
});

describe("favourites", () => {
  it("are added and removed, in the order of their names, up to a bound", () => {
    expect(toggled(toggled([], "b"), "a/c")).toEqual(["a/c", "b"]);
    expect(toggled(["a", "b"], "a")).toEqual(["b"]);
    const full = Array.from({ length: mostFavourites }, (_, i) => `n${i}`);
    expect(toggled(full, "one-more")).toBe(full);
    expect(toggled(full, "n0")).toHaveLength(mostFavourites - 1);
  });

  it.each(["", "{", "null", "{}", "7"])("that are kept wrongly as %s count as none", (text) => expect(favouritesOf(text)).toEqual([]));

  it("that are kept twice or are no names are left out", () => {
    expect(favouritesOf(JSON.stringify(["a", 7, null, "a", "b"]))).toEqual(["a", "b"]);
    expect(favouritesOf(JSON.stringify(Array.from({ length: 99 }, (_, i) => `n${i}`)))).toHaveLength(mostFavourites);
  });
});
