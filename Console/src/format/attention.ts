import type { Attention, AuditRecord } from "../api/types";
import { sentenceOf } from "./audit";
import { tasksUrl } from "./filters";

/** The page that shows what an item is about. */
export function pageOf({ code, target }: Pick<Attention, "code" | "target">): string {
  const id = encodeURIComponent(target);
  switch (code) {
    case "failures-up": return tasksUrl({ state: "failed", queue: target });
    case "no-node-fits": case "queue-stuck": return tasksUrl({ state: "queued", queue: target });
    case "queue-paused": return `/ui/queues/${id}`;
    case "node-lost": return `/ui/nodes/${id}`;
    case "job-stalled": return `/ui/jobs/${id}`;
    case "schedule-missed": case "schedule-late": case "schedule-folder": return `/ui/schedules/${id}`;
    case "rollout-halted": return `/ui/rollouts/${id}`;
    case "webhook-failing": case "webhook-gone": return `/ui/webhooks/${id}`;
    case "files-full": return "/ui/files";
    case "quarantined": return tasksUrl({ state: "failed", quarantined: "true" });
    default: return "/ui/cluster";
  }
}

/** A change in a line: who did what, and why. */
export function changeOf(record: AuditRecord): string {
  const { who, did, thing } = sentenceOf(record);
  return `${who} ${did} ${thing}${record.reason ? `, “${record.reason}”` : ""}`;
}
