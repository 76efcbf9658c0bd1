import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "../src/api/problem";
import { freezeWhen, refresh, Resource, resourceOf, touch } from "../src/store/resource";

vi.stubGlobal("document", { hidden: false });
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

test("what is shown is read at once and again each period, and no longer than it is shown", async () => {
  let reads = 0;
  const resource = new Resource("/a", async () => ++reads);
  const end = resource.show(1_000);
  await settle();
  expect(resource.state.value).toMatchObject({ data: 1, problem: null, loading: false });
  await vi.advanceTimersByTimeAsync(2_100);
  expect(reads).toBe(3);
  end();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(reads).toBe(3);
});

test("old data stays under a problem", async () => {
  let fails = false;
  const resource = new Resource("/b", async () => {
    if (fails)
      throw new Problem(503, "not-ready", "Not ready", "x");
    return "data";
  });
  const end = resource.show(60_000);
  await settle();
  fails = true;
  await resource.reload();
  expect(resource.state.value.data).toBe("data");
  expect(resource.state.value.problem?.code).toBe("not-ready");
  end();
});

test("many events make one read in two seconds", async () => {
  let reads = 0;
  const resource = resourceOf("/tasks?x=1", async () => ++reads);
  const end = resource.show(60_000);
  await settle();
  for (let i = 0; i < 100; i++)
    touch("/tasks");
  touch("/nodes");
  await vi.advanceTimersByTimeAsync(1_900);
  expect(reads).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(reads).toBe(2);
  refresh("/tasks");
  await settle();
  expect(reads).toBe(3);
  end();
});

test("a frozen page reads nothing by itself", async () => {
  let reads = 0;
  let frozen = true;
  freezeWhen(() => frozen);
  const resource = new Resource("/c", async () => ++reads);
  const end = resource.show(5_000);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(reads).toBe(1);
  frozen = false;
  await vi.advanceTimersByTimeAsync(1_100);
  expect(reads).toBe(2);
  end();
});

test("a read that began before a change of one's own is followed by another one", async () => {
  const answers: ((value: string) => void)[] = [];
  const resource = resourceOf("/e", () => new Promise<string>((done) => answers.push(done)));
  const end = resource.show(60_000);
  refresh("/e");
  refresh("/e");
  expect(answers).toHaveLength(1);
  answers[0]!("before");
  await settle();
  expect(answers).toHaveLength(2);
  answers[1]!("after");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(resource.state.value).toMatchObject({ data: "after", loading: false });
  expect(answers).toHaveLength(2);
  end();
});

test("a change that is told while a read is on its way is read after it", async () => {
  let reads = 0;
  const resource = resourceOf("/f", async () => { reads++; await new Promise((done) => setTimeout(done, 500)); });
  const end = resource.show(600_000);
  await vi.advanceTimersByTimeAsync(10);
  touch("/f");
  await vi.advanceTimersByTimeAsync(9_000);
  expect(reads).toBe(1);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(reads).toBe(2);
  end();
});

test("an answer that was given up does not replace that of a later read", async () => {
  const answers: ((value: string) => void)[] = [];
  const resource = resourceOf("/g", () => new Promise<string>((done) => answers.push(done)));
  resource.show(60_000)();
  const end = resource.show(60_000);
  answers[1]!("later");
  await settle();
  answers[0]!("earlier");
  await settle();
  expect(resource.state.value.data).toBe("later");
  end();
});

test("an answer that comes after nobody looks any more changes nothing", async () => {
  let answer: (value: string) => void = () => {};
  const resource = new Resource("/d", (_, signal) => new Promise<string>((done, fail) => {
    answer = done;
    signal.addEventListener("abort", () => fail(new DOMException("", "AbortError")));
  }));
  resource.show(1_000)();
  answer("late");
  await settle();
  expect(resource.state.value).toMatchObject({ data: null, problem: null });
});
