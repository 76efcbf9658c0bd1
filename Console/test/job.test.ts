import { expect, test } from "vitest";
import { heldBackBy } from "../src/format/job";

test.each([
  ["running", 1_902, 40, /by slots: 40 running, 1,902 chunks wait/],
  ["running", 3, 0, /by its queue: 3 chunks wait/],
  ["running", 0, 1, /No chunk waits.*its last chunks, 1 running/],
  ["running", 0, 0, /by its source/],
  ["succeeded", 3, 3, /^$/],
] as const)("a job that is %s with %i waiting and %i running chunks", (state, chunksQueued, chunksRunning, said) => {
  expect(heldBackBy({ state, chunksQueued, chunksRunning, itemsRead: 0 })).toMatch(said);
});
