import type { HeldShare, Node, Task, Why } from "../api/types";
import { attemptOf } from "./command";
import { ago } from "./time";

/** Why a task waits, in a few words for a list: "no node has gpu=a100", "attempt 3 of 9 in 14 s". */
export function whyShort(task: Pick<Task, "attempt" | "spec">, why: Pick<Why, "reasons" | "estimatedStart">, now: number, nodes: readonly Pick<Node, "id" | "state" | "labels">[] = []): string {
  const reason = why.reasons[0];
  if (!reason)
    return "starts next";
  const until = reason.until ?? why.estimatedStart;
  const due = until && Date.parse(until) > now ? ` ${ago(until, now)}` : "";
  switch (reason.code) {
    case "backoff": return `attempt ${attemptOf({ ...task, attempt: task.attempt + 1 })}${due}`;
    case "not-before": return `starts${due || " soon"}`;
    case "no-matching-node": {
      const wanted = Object.entries(task.spec.requires ?? {});
      const labels = wanted.map(([key, value]) => `${key}=${value}`).join(", ");
      const leaving = nodes.find((node) => node.state === "draining" && wanted.every(([key, value]) => node.labels[key] === value));
      if (leaving)
        return `${leaving.id}${labels && ` with ${labels}`} is draining`;
      return labels ? `no node has ${labels}` : "no node fits";
    }
    case "queue-paused": return "its queue is paused";
    case "blackout": return `blackout of its queue${due && `, ends${due}`}`;
    case "max-running": return `its queue runs ${reason.count ?? "its most"} at once`;
    case "rate-limited": return `rate limit, next${due || " soon"}`;
    case "concurrency-key": return `${reason.count ?? "others"} ahead with its key`;
    case "waiting-for": return `waits for ${reason.count === 1 ? "a task" : `${reason.count ?? "other"} tasks`}`;
    case "node-resting": return `its nodes rest, free${due || " soon"}`;
    case "no-free-slot": return "no free slot";
    case "share-used": return "other queues have the slots";
    case "no-free-resource": return "no free resources";
    case "reserved-for-larger": return "resources are kept for a larger task";
    case "ahead-of-it": return "tasks ahead of it";
    default: return reason.code.replaceAll("-", " ");
  }
}

const holders: Record<string, string> = {
  "queue-paused": "the pause", "max-running": "its limit of running tasks", "rate-limited": "its rate", "concurrency-key": "concurrency keys", "no-matching-node": "no node that fits",
  "node-resting": "nodes that rest after failures", "no-free-slot": "no free slot", "share-used": "other queues' turns", "no-free-resource": "no free resources", starting: "starting", blackout: "a blackout",
};

/** What held a queue back, the largest share first: "no free slot 82 %, its rate 18 %". */
export const heldWords = (held: HeldShare[]): string =>
  held.filter(({ share }) => share >= 0.005).slice(0, 3).map(({ code, share }) => `${holders[code] ?? code.replaceAll("-", " ")} ${Math.round(100 * share)} %`).join(", ");
