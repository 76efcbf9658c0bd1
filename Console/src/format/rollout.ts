import { jsonOf } from "../api/json";
import type { Labels, Node, Rollout, RolloutSpec, Share } from "../api/types";
import { otaskOf, quoted } from "./command";
import { text } from "./spec";

/** A careful beginning: one node, a tenth of them, all. */
export const first: RolloutSpec = { task: { cmd: "" }, waves: [1, "10%", "100%"] };

/** Reads a count such as "3" or a percentage such as "10%"; what is neither stays text, for the gateway to name. */
export function shareOf(text: string): Share | undefined {
  const share = text.trim();
  return share === "" ? undefined : /^\d+$/.test(share) ? Number(share) : share;
}

/** Reads shares with commas between them; undefined if there are none. */
export function sharesOf(text: string): Share[] | undefined {
  const shares = text.split(",").map(shareOf).filter((share) => share !== undefined);
  return shares.length > 0 ? shares : undefined;
}

/**
 * Returns how many of all nodes a share means; null if it is neither a count nor a percentage. Computes with whole
 * numbers, as the service does: 7% of 100 is exactly 7.
 */
export function nodesOf(share: unknown, all: number, rounded: "up" | "down"): number | null {
  if (typeof share === "number")
    return Number.isInteger(share) && share >= 0 ? Math.min(all, share) : null;
  const [, whole, part = ""] = /^(?=\.?\d)(\d*)\.?(\d*)%$/.exec(text(share)) ?? [];
  if (whole === undefined)
    return null;
  const [value, hundred] = [BigInt(whole + part), 100n * 10n ** BigInt(part.length)];
  return value > hundred ? null : Number((value * BigInt(all) + (rounded === "up" ? hundred - 1n : 0n)) / hundred);
}

/** Whether a node takes work now. */
export const takesWork = ({ state }: Pick<Node, "state">): boolean => state === "ready" || state === "busy";

/** The nodes that a rollout would select now, in the order of their turns: those that take work first, then by id. Nodes with handlers run no commands. */
export function selectedOf<T extends Pick<Node, "id" | "state" | "labels">>(nodes: readonly T[], select: Labels | undefined): T[] {
  return nodes.filter(({ labels }) => Object.entries(select ?? {}).every(([key, value]) => labels[key] === value) && !Object.keys(labels).some((key) => key.startsWith("handler/")))
    .sort((a, b) => Number(takesWork(b)) - Number(takesWork(a)) || (a.id < b.id ? -1 : 1));
}

/** The nodes whose turn comes with each wave, none for a wave that is skipped; null for what are no waves. */
export function wavesOf<T>(waves: unknown, nodes: readonly T[]): T[][] | null {
  const totals = Array.isArray(waves) ? waves.map((wave) => nodesOf(wave, nodes.length, "up") || null) : waves === undefined ? [nodes.length] : [null];
  if (totals.length === 0 || totals.includes(null))
    return null;
  let reached = 0;
  return (totals as number[]).map((total) => {
    const from = reached;
    reached = Math.max(reached, total);
    return nodes.slice(from, reached);
  });
}

const mostOffered = 200;

/** Returns the labels that nodes carry, the most common first, with the number of nodes. */
export function labelsOf(nodes: readonly Pick<Node, "labels">[]): [label: string, nodes: number][] {
  const counts = new Map<string, number>();
  for (const { labels } of nodes)
    for (const [key, value] of Object.entries(labels))
      counts.set(`${key}=${value}`, (counts.get(`${key}=${value}`) ?? 0) + 1);
  return [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).slice(0, mostOffered);
}

/** The fields of the form, each with the paths in the request that are about it. */
const fields = {
  command: ["task.cmd", "task.argv"], name: ["name", "task.name"], queue: ["task.queue"], select: ["select", "task.requires"], waves: ["waves"], maxFailed: ["maxFailed"],
  pause: ["pause"], catchUp: ["catchUp"], priority: ["task.priority"], timeout: ["task.timeout"], attempts: ["task.retry.maxAttempts"], labels: ["task.labels"],
  env: ["task.env"], secretEnv: ["task.secretEnv"], stdin: ["task.stdin"],
};
type FormField = keyof typeof fields;

/**
 * A refusal's messages by the field that they are about; under `other`, those about none. A path is about a field at the field's path and below it.
 * Leaves out fields that have changed since the spec was sent.
 */
export function faultsOf(errors: Record<string, string[]>, sent: RolloutSpec, now: RolloutSpec): { [field in FormField | "other"]?: [path: string, message: string][] } {
  const found: ReturnType<typeof faultsOf> = {};
  for (const [path, messages] of Object.entries(errors)) {
    const field = (Object.keys(fields) as FormField[]).find((name) => fields[name].some((one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[`)));
    if (!field || fields[field].every((one) => valueAt(sent, one) === valueAt(now, one)))
      (found[field ?? "other"] ??= []).push([path, messages.join(" ")]);
  }
  return found;
}

const valueAt = (spec: RolloutSpec, path: string): string | undefined =>
  JSON.stringify(path.split(".").reduce<unknown>((of, name) => (of as Record<string, unknown> | null | undefined)?.[name], spec));

/** A spec or a task with some fields changed, without those that are empty; an empty command stays. */
export const changed = <T extends object>(of: T, values: Partial<T>): T =>
  Object.fromEntries(Object.entries({ ...of, ...values }).filter(([name, value]) => value !== undefined && (value !== "" || name === "cmd"))) as T;

/** What a rollout was started with, as far as the service still has it: without secrets. What it has by default is left out. */
export function specOf({ name, task, select, waves, maxFailed, pause, catchUp }: Rollout): RolloutSpec {
  const { cmd, argv, name: own } = task ?? {};
  // The service names a rollout as its task, and a task by the first word of its command.
  const called = own ?? (argv?.[0] ?? cmd ?? "").trim().split(/\s/)[0]!.split("/").at(-1);
  return changed<RolloutSpec>({ task: task ?? { cmd: "" } }, {
    ...name !== called && { name }, ...select && Object.keys(select).length > 0 && { select }, ...String(waves) !== "100%" && { waves: waves ?? undefined },
    ...maxFailed !== 0 && { maxFailed: maxFailed ?? undefined }, ...pause !== "0s" && { pause: pause ?? undefined }, ...catchUp !== "0s" && { catchUp: catchUp ?? undefined },
  });
}

/** The start as a line for otask, whose options have no name for the rollout alone. */
export function startLine(spec: RolloutSpec): string {
  const { task, select, waves, maxFailed, pause, catchUp, ...rest } = spec;
  if (Object.keys(rest).length > 0 || !task)
    return `otask api POST /api/v1/rollouts --data ${quoted(jsonOf(spec))}`;
  const options: [string, unknown][] = [
    ...Object.entries(select ?? {}).map(([key, value]): [string, string] => ["--select", `${key}=${text(value)}`]),
    ["--waves", waves], ["--max-failed", maxFailed], ["--pause", pause], ["--catch-up", catchUp],
  ];
  const words = options.filter(([, value]) => value !== undefined).map(([option, value]) => ` ${option} ${quoted(Array.isArray(value) ? value.map(text).join(",") : text(value))}`);
  return otaskOf(task, `otask rollout start${words.join("")}`);
}
