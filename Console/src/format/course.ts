import type { Attempt, State, Task } from "../api/types";
import { isFinal } from "../api/types";
import { reasonOf } from "./command";
import { duration } from "./time";

/** A stretch of a task's life: waiting (`scheduled` or `queued`), or an attempt in its own state. Times are Unix milliseconds. */
export interface Stretch { state: State; from: number; to: number; words: string }

/**
 * How long the command ran, in milliseconds: a running task so far, an ended one in its last attempt. Null while the task waits: then
 * `startedAt` belongs to an earlier attempt.
 */
export function ranFor(task: Pick<Task, "state" | "startedAt" | "endedAt">, now: number): number | null {
  if (task.startedAt === null || (!isFinal(task.state) && task.state !== "running"))
    return null;
  return (task.endedAt === null ? now : Date.parse(task.endedAt)) - Date.parse(task.startedAt);
}

/** A task's life up to now, without gaps, oldest first. Attempts that never started count as waiting. */
export function courseOf(
  task: Pick<Task, "state" | "createdAt" | "endedAt" | "spec">, attempts: Attempt[], now: number,
): Stretch[] {
  const stretches: Stretch[] = [];
  let at = Date.parse(task.createdAt);
  const add = (state: State, until: number, words: (took: string) => string) => {
    const to = Math.max(at, until);
    stretches.push({ state, from: at, to, words: words(duration(to - at)) });
    at = to;
  };
  const wait = (until: number, after: number | null, verb: string) => {
    const due = task.spec.runAt === undefined ? NaN : Date.parse(task.spec.runAt);
    if (after === null && due > at)
      add("scheduled", Math.min(due, until), (took) => `scheduled for ${took}`);
    if (until > at)
      add("queued", until, (took) => `${verb} ${took}${after === null ? "" : ` after attempt ${after}`}`);
  };
  let last: number | null = null;
  for (const one of [...attempts].sort((a, b) => a.attempt - b.attempt)) {
    if (one.startedAt === null)
      continue;
    wait(Date.parse(one.startedAt), last, "waited");
    const where = `attempt ${one.attempt}${one.node ? ` on ${one.node}` : ""}`;
    add(one.state, one.endedAt === null ? now : Date.parse(one.endedAt), (took) =>
      one.endedAt === null ? `${where}: running for ${took}` : `${where}: ${reasonOf(one) || one.state} after ${took}`);
    last = one.attempt;
  }
  if (!isFinal(task.state) && task.state !== "running")
    wait(now, last, "waiting");
  else if (last === null && task.endedAt !== null)
    wait(Date.parse(task.endedAt), null, "waited");
  return stretches;
}
