import { expect, test } from "vitest";
import { unique } from "../src/store/pages";

test("An item that both pages have is shown once, where it came first and as it came first", () => {
  const items = [{ id: "a", page: 1 }, { id: "b", page: 1 }, { id: "b", page: 2 }, { id: "c", page: 2 }, { id: "a", page: 2 }];
  expect(unique(items, (item) => item.id)).toEqual([{ id: "a", page: 1 }, { id: "b", page: 1 }, { id: "c", page: 2 }]);
});

test("Items are told apart by the key that is asked for", () => {
  expect(unique([{ id: "a", name: "x" }, { id: "b", name: "x" }], (item) => item.name)).toEqual([{ id: "a", name: "x" }]);
});
