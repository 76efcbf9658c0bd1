import { describe, expect, it } from "vitest";
import type { Parameter } from "../src/api/types";
import { begin, definitionPage, hintOf, inputOf, valuesOf } from "../src/format/definition";

const day: Parameter = { name: "day", type: "date", required: true };
const rows: Parameter = { name: "rows", type: "integer", default: 10, min: 1, max: 100, description: "How many" };
const note: Parameter = { name: "note" };

describe("the form of a definition", () => {
  it("begins with the defaults, or with the values of an earlier run", () => {
    expect(begin([day, rows, note])).toEqual({ day: "", rows: "10", note: "" });
    expect(begin([day, rows, note], { day: "2026-11-26", rows: 7, old: "x" })).toEqual({ day: "2026-11-26", rows: "7", note: "" });
  });

  it("sends what was typed as it was typed, and leaves out what was left empty", () => {
    expect(valuesOf([day, rows, note], { day: "2026-11-26", rows: "", note: " $(id) " })).toEqual({ day: "2026-11-26", note: " $(id) " });
    expect(valuesOf([{ ...note, required: true }], { note: "" })).toEqual({ note: "" });
    expect(valuesOf([{ ...note, default: "x" }], { note: "" })).toEqual({ note: "" });
  });

  it("says what a value may be", () => {
    expect(hintOf(rows)).toBe("How many; from 1 to 100");
    expect(hintOf({ ...note, max: 3, pattern: "[a-z]+" })).toBe("at most 3 characters; must match [a-z]+");
    expect(inputOf({ ...note, secret: true })).toBe("password");
    expect(inputOf(day)).toBe("date");
  });

  it("has an address for each name", () => {
    expect(definitionPage("etl/load-day")).toBe("/ui/definitions/etl%2Fload-day");
  });
});
