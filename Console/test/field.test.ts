import { expect, test } from "vitest";
import { namePattern } from "../src/ui/Field";

test("a name is checked as a browser checks it", () => {
  const name = new RegExp(`^(?:${namePattern})$`, "v");
  expect(["a", "nightly-report", "etl.2_b", `a${"-".repeat(63)}`].filter((text) => !name.test(text))).toEqual([]);
  expect(["", "Nightly", "-a", "a b", "ä", `a${"-".repeat(64)}`].filter((text) => name.test(text))).toEqual([]);
});
