import { expect, test } from "vitest";
import { bulkWords, nodesLeftOut, requireChange } from "../src/format/bulk";

test.each([
  ["retry", 3, 3, "", "3 tasks queued again"],
  ["retry", 2, 3, "", `2 tasks queued again, 1 left as before. ${nodesLeftOut}`],
  ["retry", 1, 2, "The workflow has ended.", "1 task queued again, 1 refused: The workflow has ended."],
  ["cancel", 2, 3, "", "2 tasks asked to end, 1 left as before"],
  // More may match by the time of the call than were counted.
  ["cancel", 3, 2, "", "3 tasks asked to end"],
] as const)("%s of %d of %d, %s, is said as %s", (verb, changed, asked, why, words) => expect(bulkWords(verb, changed, asked, why)).toBe(words));

test("a retry that changes nothing is a problem", () => {
  const found = (changed: number) => ({ answer: { changed }, operation: null });
  expect(() => requireChange("retry")(found(0))).toThrow(nodesLeftOut);
  expect(requireChange("retry")(found(1))).toEqual(found(1));
});
