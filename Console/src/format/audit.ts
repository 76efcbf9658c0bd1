import type { Actor, AuditRecord } from "../api/types";
import { plural } from "./numbers";

/** Who asked for a change, in a few words: the name of the key, and who its user says to be. */
export function actorOf(actor: Actor | null | undefined): string {
  const name = actor?.name || actor?.key || "";
  const says = actor?.says ?? "";
  return !says ? name : name ? `${name}, as ${says} (unverified)` : `${says} (unverified)`;
}

/** Who asked for something, as a timeline has it: what comes after "says" is a claim. */
export function byWords(by: string | null): string {
  const [, name, says] = /^(?:(.*?),?\s)?says (.+)$/.exec(by ?? "") ?? [];
  return says ? actorOf({ key: null, name: name ?? null, says }) : by ?? "";
}

/** What differs between before and after; empty when nothing is said of it. */
export function changesOf(record: AuditRecord): string {
  const { before, after } = record;
  if (!before || !after)
    return "";
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => name !== "version");
  return names.filter((name) => textOf(before[name]) !== textOf(after[name]))
    .map((name) => `${name} ${textOf(before[name])} → ${textOf(after[name])}`).join(", ");
}

const verbs: Record<string, string> = {
  put: "changed", create: "created", delete: "deleted", cancel: "cancelled", retry: "retried", undo: "undid", revoke: "revoked", pause: "paused", resume: "resumed", start: "started",
  trigger: "triggered", fire: "started a run by", backfill: "backfilled", "backfill-cancel": "cancelled the backfill of", drain: "drained", forget: "removed", rotate: "renewed the secret of",
};

/** A change as people say it: "mira", "set maxRunning 4 → 2 of queue", "builds". `names` knows what ids are called. */
export function sentenceOf(record: AuditRecord, names: ReadonlyMap<string, string> = new Map()): { who: string; did: string; thing: string } {
  const [kind = "", verb = ""] = record.action.split(".");
  const { before, after, target, count } = record;
  const who = actorOf(record.actor) || "someone";
  const thing = names.get(target ?? "") ?? textOf((kind === "webhook" && (after ?? before)?.host) || (kind === "key" && (after ?? before)?.name) || (target ?? ""));
  if (kind === "task" && target?.includes("="))
    return { who, did: `${verbs[verb] ?? verb} ${plural(count, "task")} that matched`, thing: decoded(target) };
  if (record.action === "task.undo")
    return { who, did: "took back a cancel or retry of", thing: plural(count, "task") };
  const changes = changesOf(record);
  const paused = verb === "put" && /^paused (\S+) → (\S+)$/.exec(changes);
  const did = paused ? `${paused[2] === "true" ? "paused" : "resumed"} ${kind}`
    : verb !== "put" ? `${verbs[verb] ?? verb} ${kind === "webhook" ? "the webhook to" : kind}`
    : changes ? `set ${changes} of ${kind}` : `${before ? "changed" : "created"} ${kind === "webhook" ? "the webhook to" : kind}`;
  return { who, did, thing };
}

// Filters as they are read: team=a, not team%3Da.
function decoded(target: string): string {
  return [...new URLSearchParams(target)].map(([name, value]) => name === "label" ? value : `${name}=${value}`).join(" ");
}

/** The service cuts targets to this many characters. */
const cutTo = 500;

/** The page of what was changed; undefined where there is none. */
export function pageOf(record: AuditRecord): string | undefined {
  const kind = record.action.split(".")[0];
  const { target } = record;
  if (!target || record.action.endsWith(".delete") || record.action === "node.forget")
    return undefined;
  if (record.action === "key.revoke")
    return undefined;
  // These have one page for all of them.
  if (["key", "calendar", "trigger", "notification"].includes(kind ?? ""))
    return `/ui/${kind}s`;
  // A bulk call has filters for a target; the list of tasks takes the same ones. Filters that were cut off would match other tasks.
  if (kind === "task")
    return target.includes("=") ? target.length < cutTo ? `/ui/tasks?${target}` : undefined : `/ui/tasks/${encodeURIComponent(target)}`;
  const pages: Record<string, string> = { queue: "queues", schedule: "schedules", workflow: "workflows", job: "jobs", node: "nodes", webhook: "webhooks", rollout: "rollouts", definition: "definitions" };
  return kind && pages[kind] ? `/ui/${pages[kind]}/${encodeURIComponent(target)}` : undefined;
}

const textOf = (value: unknown): string => value === undefined || value === null ? "none" : Array.isArray(value) ? value.join(" ") : String(value);
