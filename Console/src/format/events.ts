import type { StoredEvent } from "../api/types";
import type { Named } from "../store/names";
import { reasonOf } from "./command";
import { duration } from "./time";

const words: Record<string, Record<string, string>> = {
  task: { scheduled: "waits for its time or for other tasks", queued: "was queued", assigned: "was given to a node", running: "started", succeeded: "succeeded", failed: "failed", cancelled: "was cancelled" },
  job: { running: "started", succeeded: "succeeded", failed: "failed", cancelled: "was cancelled" },
  workflow: { running: "started", succeeded: "succeeded", failed: "failed", cancelled: "was cancelled" },
  rollout: { running: "runs", halted: "halted: too many nodes failed", succeeded: "succeeded", failed: "failed", cancelled: "was cancelled" },
  node: { ready: "takes work", draining: "takes no new work", lost: "was lost: nothing is heard from it", gone: "has left" },
  queue: { changed: "was changed", deleted: "was deleted", paused: "was paused", resumed: "was resumed" },
  schedule: { changed: "was changed", deleted: "was deleted", paused: "was paused", resumed: "was resumed", started: "started a run", skipped: "skipped a run", missed: "missed a run" },
};

/** What an event means, after the name of what it is about: "failed: exit 1 after 2.0 s on w3". */
export function eventWords({ type, state = "", attempt = 0 }: Pick<StoredEvent, "type" | "state" | "attempt">, of: Named | undefined): string {
  const said = words[type]?.[state] ?? state;
  const again = attempt > 1 ? `, attempt ${attempt}` : "";
  // A later attempt has another node and another end.
  if (type !== "task" || !of || of.attempt !== attempt)
    return said + again;
  const where = of.node ? ` on ${of.node}` : "";
  if (state === "running" || state === "assigned")
    return (state === "assigned" && of.node ? `was given to ${of.node}` : said + where) + again;
  if (of.state !== state || (state !== "succeeded" && state !== "failed"))
    return said + again;
  const took = of.startedAt && of.endedAt ? ` after ${duration(Date.parse(of.endedAt) - Date.parse(of.startedAt))}` : "";
  const why = state === "failed" ? reasonOf(of) : "";
  return `${said}${why && `: ${why}`}${took}${where}${again}`;
}

/** Without the steps on the way to a later one in the list: only what a reader asks for. */
export function withoutSteps(events: StoredEvent[]): StoredEvent[] {
  const later = new Set<string>();
  return events.filter((event) => {
    const key = `${event.id} ${event.attempt}`;
    const isStep = event.type === "task" && event.state === "assigned" && later.has(key);
    later.add(key);
    return !isStep;
  });
}
