import type { Attention, List, Node, Queue, Summary, Task, Tick } from "../api/types";
import { correct, touch } from "../store/resource";

/** Puts what a tick tells into what pages show; lists that it does not tell of as a whole are read again soon. */
export function take(tick: Tick): void {
  let failed: number | undefined;
  if (tick.byState) {
    const { byState } = tick;
    const total = Object.values(byState).reduce((sum, count) => sum + count, 0);
    correct<Summary>("/tasks/summary", (known) => {
      failed = known.byState.failed ?? 0;
      return { ...known, total, byState };
    });
  }
  merge<Queue>("/queues", tick.queues, (queue) => queue.name);
  merge<Node>("/nodes", tick.nodes, (node) => node.id);
  if (tick.attention?.length)
    correct<List<Attention>>("/attention", (known) => ({
      ...known, items: merged<Attention>(known.items, tick.attention!, (item) => `${item.code} ${item.target}`).sort((a, b) => rank(a) - rank(b)),
    }));
  if (tick.tasks?.length)
    touchTasks(new Set(tick.tasks.map((task) => task.id)), (tick.more ?? 0) > 0);
  if (failed !== undefined ? failed !== (tick.byState?.failed ?? 0) : tick.tasks?.some((task) => task.state === "failed"))
    touch((path) => path.startsWith("/failures") || isOfEnded(path));
  for (const { id, ...progress } of tick.progress ?? [])
    correct<Task>(`/tasks/${id}`, (known) => ({ ...known, progress }));
  if (tick.progress?.length)
    touch((path) => path.startsWith("/tasks?"));
  if (tick.jobs?.length)
    touch("/jobs");
  if (tick.schedules?.length) {
    const ids = new Set(tick.schedules.map((schedule) => encodeURIComponent(schedule.id)));
    touch((path) => path.startsWith("/schedules?") || path === "/schedules/upcoming" || ids.has(/^\/schedules\/([^/?]+)/.exec(path)?.[1] ?? ""));
  }
  touch("/events/");
}

type Changed<T> = T | (Partial<T> & { deleted: true });

/** The items with those that have changed in their places, new ones behind them, and without those that are gone. */
export function merged<T>(items: T[], changed: Changed<T>[], keyOf: (item: T) => string): T[] {
  const now = new Map(items.map((item) => [keyOf(item), item]));
  for (const item of changed) {
    if (typeof item === "object" && item !== null && "deleted" in item)
      now.delete(keyOf(item as T));
    else
      now.set(keyOf(item as T), item as T);
  }
  return [...now.values()];
}

function merge<T>(path: string, changed: Changed<T>[] | undefined, keyOf: (item: T) => string): void {
  if (!changed?.length)
    return;
  correct<List<T>>(path, (known) => ({ ...known, items: merged(known.items, changed, keyOf).sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1) }));
  for (const item of changed) {
    if ("deleted" in (item as object))
      touch(`${path}/${encodeURIComponent(keyOf(item as T))}`);
    else
      correct<T>(`${path}/${encodeURIComponent(keyOf(item as T))}`, () => item as T);
  }
}

// Counts of all tasks come with ticks; everything else of tasks is read, and so is what their tasks change.
function touchTasks(ids: ReadonlySet<string>, areMore: boolean): void {
  touch((path) => {
    if (isOfEnded(path))
      return false;
    if (path.startsWith("/tasks?") || path.startsWith("/tasks/summary?") || path.startsWith("/workflows") || path.startsWith("/rollouts"))
      return true;
    const id = /^\/tasks\/([0-9a-f-]{36})/.exec(path)?.[1];
    return id !== undefined && (areMore || ids.has(id));
  });
}

/** Whether a path counts recent failures: only another failure changes the count. */
const isOfEnded = (path: string): boolean => path.startsWith("/tasks/summary?") && path.includes("state=failed") && path.includes("endedAfter=");

const rank = (item: Attention): number => item.severity === "severe" ? 0 : 1;
