import { expect, test } from "vitest";
import type { Attempt, Task } from "../src/api/types";
import { courseOf, ranFor } from "../src/format/course";

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 25, 10) + 1_000 * seconds).toISOString();
const now = (seconds: number) => Date.parse(at(seconds));
const task = (values: Partial<Task>): Task => ({ state: "queued", attempt: 0, createdAt: at(0), queuedAt: at(0), startedAt: null, endedAt: null, node: null, spec: {}, ...values } as Task);
const attempt = (values: Partial<Attempt>): Attempt => ({ attempt: 1, node: "w1", state: "failed", reason: "exit", exitCode: 1, signal: null, startedAt: at(2), endedAt: at(5), ...values } as Attempt);
const shown = (of: Task, attempts: Attempt[], when: number) => courseOf(of, attempts, now(when)).map(({ state, from, to, words }) => [state, (to - from) / 1_000, words]);

test("a retried task that waits does not go on running", () => {
  const waits = task({ attempt: 1, startedAt: at(2) });
  expect(ranFor(waits, now(600))).toBe(null);
  expect(shown(waits, [attempt({})], 600)).toEqual([
    ["queued", 2, "waited 2.0 s"], ["failed", 3, "attempt 1 on w1: exit 1 after 3.0 s"], ["queued", 595, "waiting 9 m 55 s after attempt 1"]]);
});

test("a running task has run up to now, an ended one as long as its last attempt", () => {
  expect(ranFor(task({ state: "running", startedAt: at(2) }), now(10))).toBe(8_000);
  expect(ranFor(task({ state: "failed", startedAt: at(2), endedAt: at(5) }), now(10))).toBe(3_000);
  expect(ranFor(task({ state: "cancelled", endedAt: at(5) }), now(10))).toBe(null);
});

test("the course of a task is its attempts and what lies between", () => {
  const second = attempt({ attempt: 2, node: "w2", state: "running", reason: null, exitCode: null, startedAt: at(9), endedAt: null });
  expect(shown(task({ state: "running", attempt: 2, startedAt: at(9) }), [second, attempt({})], 12)).toEqual([
    ["queued", 2, "waited 2.0 s"], ["failed", 3, "attempt 1 on w1: exit 1 after 3.0 s"], ["queued", 4, "waited 4.0 s after attempt 1"],
    ["running", 3, "attempt 2 on w2: running for 3.0 s"]]);
});

test("a task for later is scheduled first, then waits", () => {
  const later = task({ spec: { runAt: at(60) } });
  expect(shown(later, [], 30)).toEqual([["scheduled", 30, "scheduled for 30 s"]]);
  expect(shown(later, [], 70)).toEqual([["scheduled", 60, "scheduled for 1 m"], ["queued", 10, "waiting 10 s"]]);
});

test("a task that was cancelled before it started has only waited", () => {
  expect(shown(task({ state: "cancelled", endedAt: at(4) }), [], 100)).toEqual([["queued", 4, "waited 4.0 s"]]);
});
