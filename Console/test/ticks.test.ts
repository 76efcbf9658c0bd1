import { afterEach, expect, test, vi } from "vitest";
import type { List, Queue, Summary, Tick } from "../src/api/types";
import { merged, take } from "../src/live/ticks";
import { type Resource, resourceOf } from "../src/store/resource";

vi.stubGlobal("document", { hidden: false });
afterEach(() => void vi.useRealTimers());

async function shown<T>(path: string, data: T): Promise<{ resource: Resource<T>; reads: () => number }> {
  let reads = 0;
  const resource = resourceOf<T>(path, async () => { reads++; return data; });
  resource.show(600_000);
  await vi.advanceTimersByTimeAsync(0);
  return { resource, reads: () => reads };
}

const tick = (parts: Partial<Tick>): Tick => ({ at: "2026-01-01T00:00:00Z", ...parts });
const queue = (name: string, depth: number) => ({ name, depth }) as Queue;

test("counts and queues come from ticks, and nothing is read for them", async () => {
  vi.useFakeTimers();
  const summary = await shown<Summary>("/tasks/summary", { total: 1, byState: { queued: 1 }, byNode: {}, byExitCode: {} });
  const queues = await shown<List<Queue>>("/queues", { items: [queue("b", 1), queue("c", 2)], nextCursor: null });
  const one = await shown<Queue>("/queues/b", queue("b", 1));
  take(tick({ byState: { queued: 2, failed: 3 }, queues: [queue("b", 9), queue("a", 4), { name: "c", deleted: true }] }));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(summary.resource.state.value.data).toMatchObject({ total: 5, byState: { queued: 2, failed: 3 } });
  expect(queues.resource.state.value.data!.items).toEqual([queue("a", 4), queue("b", 9)]);
  expect(one.resource.state.value.data).toEqual(queue("b", 9));
  expect([summary.reads(), queues.reads(), one.reads()]).toEqual([1, 1, 1]);
});

test("lists of tasks are read after a change, a task when the tick names it, failures when more have failed", async () => {
  vi.useFakeTimers();
  const [mine, other] = ["019f5a2c-7d10-7c3a-8b00-0342ab12cd34", "019f5a2c-7d10-7c3a-8b00-000000000000"];
  const list = await shown("/tasks?limit=8", {});
  const task = await shown(`/tasks/${mine}`, {});
  const else_ = await shown(`/tasks/${other}/attempts`, {});
  const failures = await shown("/failures?limit=5", {});
  const late = await shown("/tasks/summary?state=failed&endedAfter=2026", {});
  const ofList = await shown("/tasks/summary?endedAfter=2026", {});
  const changed = [{ id: mine, version: 2, state: "running" as const, attempt: 1, node: "w1", reason: null }];
  const reads = () => [list.reads(), task.reads(), else_.reads(), failures.reads(), late.reads()];
  take(tick({ tasks: changed, more: 0 }));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(reads()).toEqual([2, 2, 1, 1, 1]);
  // Its list also shows the other states.
  expect(ofList.reads()).toBe(2);
  take(tick({ tasks: changed, more: 7, byState: { failed: 4 } }));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(reads()).toEqual([3, 3, 2, 2, 2]);
});

test("lists of schedules and the times that come next are read after a change of a schedule, another schedule is not", async () => {
  vi.useFakeTimers();
  const paths = ["/schedules?limit=100", "/schedules/upcoming", "/schedules/nightly", "/schedules/other"];
  const all = await Promise.all(paths.map((path) => shown(path, {})));
  take(tick({ schedules: [{ id: "nightly" }] }));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(all.map(({ reads }) => reads())).toEqual([2, 2, 2, 1]);
});

test("rollouts are read after a change of tasks", async () => {
  vi.useFakeTimers();
  const list = await shown("/rollouts?limit=25", {});
  const nodes = await shown("/rollouts/019f5a2c-7d10-7c3a-8b00-0342ab12cd34/nodes?limit=100", {});
  const reads = () => [list.reads(), nodes.reads()];
  take(tick({ queues: [queue("a", 1)] }));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(reads()).toEqual([1, 1]);
  take(tick({ tasks: [{ id: "019f5a2c-7d10-7c3a-8b00-000000000001", version: 3, state: "succeeded", attempt: 1, node: "w1", reason: null }], more: 0 }));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(reads()).toEqual([2, 2]);
});

test("progress comes with ticks: the task's page shows it without a read, lists are read again", async () => {
  vi.useFakeTimers();
  const id = "019f5a2c-7d10-7c3a-8b00-0342ab12cd35";
  const task = await shown(`/tasks/${id}`, { id, state: "running", progress: null });
  const list = await shown("/tasks?limit=9", {});
  const progress = { percent: 42.5, message: "reading", at: "2026-01-01T00:00:00Z", endsAt: null };
  take(tick({ progress: [{ id, ...progress }] }));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(task.resource.state.value.data).toEqual({ id, state: "running", progress });
  expect([task.reads(), list.reads()]).toEqual([1, 2]);
});

test("an answer that was on its way when a tick came is read again", async () => {
  vi.useFakeTimers();
  const answers: ((data: Summary) => void)[] = [];
  const resource = resourceOf<Summary>("/tasks/summary?late", () => new Promise((done) => answers.push(done)));
  const known: Summary = { total: 1, byState: { queued: 1 }, byNode: {}, byExitCode: {} };
  resource.show(600_000);
  answers[0]!(known);
  await vi.advanceTimersByTimeAsync(0);
  void resource.reload();
  resource.correct((before) => ({ ...before, total: 2 }));
  answers[1]!(known);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(answers.length).toBe(3);
});

test("what takes the gateway long is read less often", async () => {
  vi.useFakeTimers();
  let reads = 0;
  const resource = resourceOf("/tasks?slow", async () => { reads++; await new Promise((done) => setTimeout(done, 500)); });
  resource.show(600_000);
  await vi.advanceTimersByTimeAsync(500);
  resource.soon();
  await vi.advanceTimersByTimeAsync(9_900);
  expect(reads).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(reads).toBe(2);
});

test("changed items keep their places, new ones are last, and what is gone is left out", () => {
  const items = [{ id: "a", n: 1 }, { id: "b", n: 1 }];
  expect(merged(items, [{ id: "c", n: 2 }, { id: "a", n: 2 }, { id: "b", deleted: true }], (item) => item.id)).toEqual([{ id: "a", n: 2 }, { id: "c", n: 2 }]);
});
