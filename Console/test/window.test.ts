import { expect, test } from "vitest";
import { partOf } from "../src/ui/window";

test("a short table is there as a whole", () => {
  expect(partOf(120, 36, -2_000, 800)).toEqual({ first: 0, last: 120, before: 0, behind: 0 });
});

test.each([-100_000, -36_000, -18_000, -17_990, -5, 0, 300, 5_000])("what is in sight of a long table is there, and everything has its room, at %i", (top) => {
  const [count, height, sight] = [1_000, 36, 800];
  const { first, last, before, behind } = partOf(count, height, top, sight);
  expect(before + (last - first) * height + behind).toBe(count * height);
  expect(last - first).toBeLessThanOrEqual(100);
  for (let row = 0; row < count; row++) {
    const [from, to] = [top + row * height, top + (row + 1) * height];
    if (to > 0 && from < sight)
      expect(row >= first && row < last, `row ${row}`).toBe(true);
  }
});
