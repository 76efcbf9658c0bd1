import { expect, test } from "vitest";
import type { List } from "../src/api/types";
import { type Beyond, following, movedTo, moreSize, readItems, unique } from "../src/store/pages";

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

const itself = (item: string) => item;
const known: Beyond<string> = { items: [..."de"], nextCursor: "e", firstItems: [..."abc"], readCount: 2, isStale: false };

test("What is known beyond a first page stays as it is while the page does", () =>
  expect(movedTo({ items: known.firstItems, nextCursor: "c" }, known, itself)).toBe(known));

test("What is known beyond a first page moves with it", () => {
  const items = [..."xya"];
  expect(movedTo({ items, nextCursor: "a" }, known, itself)).toEqual({ ...known, items: [..."bcde"], firstItems: items });
});

test("Nothing is beyond a page that is the whole list", () =>
  expect(movedTo({ items: [..."ab"], nextCursor: null }, known, itself)).toBeNull());

test("Items that may be incomplete are shown, and read again", () => {
  const items = [..."xyz"];
  expect(movedTo({ items, nextCursor: "z" }, known, itself)).toEqual({ ...known, firstItems: items, isStale: true });
});

test("Items that newer ones have pushed off a busy page are read again after a while", () => {
  const afterPushing = (count: number) => {
    const pushed = Array.from({ length: count }, (_, i) => `${i}`);
    return movedTo({ items: ["new", "stays"], nextCursor: "stays" }, { ...known, firstItems: ["stays", ...pushed] }, itself)!;
  };
  expect([afterPushing(moreSize).items.length, afterPushing(moreSize).isStale]).toEqual([moreSize + known.items.length, false]);
  expect(afterPushing(moreSize + 1).isStale).toBe(true);
});

test("Items that were stale stay so until they have been read", () =>
  expect(movedTo({ items: [..."abc"], nextCursor: "c" }, { ...known, isStale: true }, itself)?.isStale).toBe(true));

test("Items are read in as many calls as it takes, and no more of them than there were", async () => {
  const asked: string[] = [];
  const read = (pages: { [cursor: string]: List<string> }, count: number) => readItems("0", count, async (cursor, limit) => {
    asked.push(`${cursor}:${limit}`);
    return pages[cursor]!;
  });
  expect(await read({ 0: { items: ["a", "b"], nextCursor: "2" }, 2: { items: ["c"], nextCursor: "3" } }, 3)).toEqual({ items: ["a", "b", "c"], nextCursor: "3" });
  expect(asked.splice(0)).toEqual(["0:3", "2:1"]);
  expect(await read({ 0: { items: ["a"], nextCursor: null } }, 3)).toEqual({ items: ["a"], nextCursor: null });
  // An empty page ends the list, whatever cursor it has.
  expect(await read({ 0: { items: [], nextCursor: "1" } }, 3)).toEqual({ items: [], nextCursor: null });
  expect(await readItems(null, 3, async () => { throw new Error("is not called"); })).toEqual({ items: [], nextCursor: null });
});
