import { expect, test } from "vitest";
import { following, unique } from "../src/store/pages";

test("An item that both pages have is shown once, where it came first and as it came first", () => {
  const items = [{ id: "a", page: 1 }, { id: "b", page: 1 }, { id: "b", page: 2 }, { id: "c", page: 2 }, { id: "a", page: 2 }];
  expect(unique(items, (item) => item.id)).toEqual([{ id: "a", page: 1 }, { id: "b", page: 1 }, { id: "c", page: 2 }]);
});

test("Items are told apart by the key that is asked for", () => {
  expect(unique([{ id: "a", name: "x" }, { id: "b", name: "x" }], (item) => item.name)).toEqual([{ id: "a", name: "x" }]);
});

test.each([
  ["nothing has changed", "abc", "abc", "de", "de"],
  ["newer ones have pushed two out", "abc", "xya", "de", "bcde"],
  ["one has gone from among those that stay", "abcd", "xacd", "e", "e"],
  ["one has gone and what followed has moved up", "abc", "acd", "de", "de"],
  ["one has overtaken the last of the page", "abc", "abd", "de", "cde"],
  ["all have gone and what followed is the page now", "abc", "de", "def", "def"],
  ["more have come than a page holds", "abc", "xyz", "de", null],
])("When %s, what followed %s follows %s: %s is %s", (_, before, now, behind, found) =>
  expect(following([...before], [...now], [...behind], (item) => item)?.join("") ?? null).toBe(found));
