import type { Actor, AuditRecord } from "../api/types";

/** Who asked for a change, in a few words: the name of the key, and who its user says to be. */
export function actorOf(actor: Actor | null | undefined): string {
  const name = actor?.name || actor?.key || "";
  const says = actor?.says ?? "";
  return !says ? name : name ? `${name}, as ${says} (unverified)` : `${says} (unverified)`;
}

/** What differs between before and after; empty when nothing is said of it. */
export function changesOf(record: AuditRecord): string {
  const { before, after } = record;
  if (!before || !after)
    return "";
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => name !== "version");
  return names.filter((name) => textOf(before[name]) !== textOf(after[name]))
    .map((name) => `${name}: ${textOf(before[name])} → ${textOf(after[name])}`).join(", ");
}

const verbs: Record<string, string> = {
  put: "changed", create: "created", delete: "deleted", cancel: "cancelled", retry: "retried", undo: "undid", revoke: "revoked", pause: "paused", resume: "resumed",
  trigger: "triggered", backfill: "backfilled", drain: "drained", forget: "removed", test: "tested", rotate: "renewed the secret of", resend: "resent", close: "closed",
};

/** An action as people say it: "queue.put" is "changed queue". */
export function actionOf(action: string): string {
  const [kind = "", verb = ""] = action.split(".");
  return verbs[verb] ? `${verbs[verb]} ${kind}` : action;
}

/** The page of what was changed; undefined where there is none. */
export function pageOf(record: AuditRecord): string | undefined {
  const kind = record.action.split(".")[0];
  const { target } = record;
  if (!target || record.action.endsWith(".delete") || record.action === "node.forget")
    return undefined;
  // Keys have one page for all of them.
  if (kind === "key")
    return record.action === "key.revoke" ? undefined : "/ui/keys";
  // A bulk call has filters for a target; the list of tasks takes the same ones.
  if (kind === "task")
    return target.includes("=") ? `/ui/tasks?${target}` : `/ui/tasks/${encodeURIComponent(target)}`;
  const pages: Record<string, string> = { queue: "queues", schedule: "schedules", workflow: "workflows", job: "jobs", node: "nodes", webhook: "webhooks" };
  return kind && pages[kind] ? `/ui/${pages[kind]}/${encodeURIComponent(target)}` : undefined;
}

const textOf = (value: unknown): string => value === undefined || value === null ? "none" : Array.isArray(value) ? value.join(" ") : String(value);
