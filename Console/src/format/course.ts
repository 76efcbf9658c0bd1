import type { Attempt, State, Task } from "../api/types";
import { isFinal } from "../api/types";
import { reasonOf } from "./command";
import { duration } from "./time";

/** A stretch of a task's life: waiting before an attempt, or an attempt. */
export interface Stretch { kind: "scheduled" | "waited" | "ran"; state: State; from: number; to: number; attempt: number; words: string }

type Course = Pick<Task, "state" | "attempt" | "createdAt" | "startedAt" | "endedAt" | "node" | "spec">;

/**
 * How long the command ran, in milliseconds: of a running task so far, of an ended one in its last attempt. Null while the task waits, since
 * its start is then that of an earlier attempt.
 */
export function ranFor(task: Pick<Task, "state" | "startedAt" | "endedAt">, now: number): number | null {
  if (task.startedAt === null || (!isFinal(task.state) && task.state !== "running"))
    return null;
  return (task.endedAt === null ? now : Date.parse(task.endedAt)) - Date.parse(task.startedAt);
}

/** The life of a task up to now, without gaps, in the order of time. Attempts that never started are part of the waiting. */
export function courseOf(task: Course, attempts: Attempt[], now: number): Stretch[] {
  const stretches: Stretch[] = [];
  let at = Date.parse(task.createdAt);
  const wait = (until: number, last: Attempt | undefined, goesOn: boolean) => {
    const due = task.spec.runAt === undefined ? NaN : Date.parse(task.spec.runAt);
    if (last === undefined && due > at) {
      const to = Math.min(due, until);
      add("scheduled", "scheduled", to, 0, goesOn && due > until ? "scheduled for" : "scheduled ahead");
    }
    if (until > at)
      add("waited", "queued", until, 0, last ? `${goesOn ? "waits" : "waited"} after attempt ${last.attempt}` : goesOn ? "waits" : "waited");
  };
  const add = (kind: Stretch["kind"], state: State, to: number, attempt: number, words: string) => {
    stretches.push({ kind, state, from: at, to: Math.max(at, to), attempt, words: `${words} ${duration(Math.max(0, to - at))}` });
    at = Math.max(at, to);
  };
  let last: Attempt | undefined;
  for (const one of [...attempts].sort((a, b) => a.attempt - b.attempt)) {
    if (one.startedAt === null)
      continue;
    wait(Date.parse(one.startedAt), last, false);
    const reason = one.state === "failed" || one.state === "cancelled" ? reasonOf(one) : "";
    const open = one.endedAt === null;
    add("ran", one.state, open ? now : Date.parse(one.endedAt!), one.attempt,
      `attempt ${one.attempt}${one.node ? ` on ${one.node}` : ""}: ${reason ? `${reason} after` : open ? "running for" : `${one.state} after`}`);
    last = one;
  }
  if (!isFinal(task.state) && task.state !== "running")
    wait(now, last, true);
  else if (isFinal(task.state) && last === undefined && task.endedAt !== null)
    wait(Date.parse(task.endedAt), undefined, false);
  return stretches;
}
