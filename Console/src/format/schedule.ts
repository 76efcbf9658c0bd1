import { jsonOf } from "../api/json";
import type { JobSpec, Occurrence, Schedule, ScheduledDefinition, TaskSpec, WatchedFolder } from "../api/types";
import { commandOf, cut } from "./command";

const pages = { task: "tasks", job: "jobs", workflow: "workflows" } as const;

/** What a schedule starts, by the page that shows it: a task, a job or a workflow. */
export type Target = keyof typeof pages;

/** What each occurrence of a schedule starts; a task for one that cannot be read. */
export function targetOf(schedule: Pick<Schedule, "job" | "workflow">): Target {
  return schedule.workflow ? "workflow" : schedule.job ? "job" : "task";
}

/** The page of something that was started. */
export const pageOf = (target: Target, id: string): string => `/ui/${pages[target]}/${id}`;

/** What an occurrence has started; null when it has started nothing. */
export function startedOf(one: Pick<Occurrence, "task" | "job" | "workflow">): { target: Target; id: string } | null {
  for (const target of ["task", "job", "workflow"] as const) {
    const id = one[target];
    if (id)
      return { target, id };
  }
  return null;
}

/** What a schedule starts, as a name: its own, a command, the first node's, or what the job does with its items. */
export function nameOf({ task, job, workflow }: Pick<Schedule, "task" | "job" | "workflow">): string {
  if (task)
    return task.name ?? commandOf(task) ?? "";
  return job ? job.name ?? partOf(job.process) : workflow?.name ?? workflow?.nodes[0]?.name ?? "";
}

/** A job's source, processor and aggregates, each as a line. */
export function partsOf(job: JobSpec): [string, string][] {
  return [["Source", partOf(job.source)], ["Process", partOf(job.process)],
    ["Aggregate", (job.aggregate ?? []).map((one) => one.as ? `${one.as}: ${one.op}` : one.op).join(", ")]];
}

// Items may be many.
function partOf(part: Record<string, unknown>): string {
  const [[name, value] = ["", undefined]] = Object.entries(part);
  return cut(typeof value === "string" ? value : `${name} ${jsonOf(value)}`, 160);
}

/** A schedule as it is sent: the fields of the form, and others as they are. */
export type ScheduleSpec = Partial<Pick<Schedule, "cron" | "every" | "timeZone" | "jitter" | "startWithin" | "startAt" | "endAt" | "paused" | "version">> & {
  task?: TaskSpec; job?: object; workflow?: object; definition?: ScheduledDefinition; overlap?: string | null; catchUp?: string | null; catchUpLimit?: number;
  only?: string[]; except?: string[]; onBlackout?: string; expectBy?: string; files?: Schedule["files"];
};

/** What a schedule was made from; what it has by default is left out. With a definition, the service fills in the task, job or workflow. */
export function specOf(of: Schedule): ScheduleSpec {
  const { cron, every, timeZone, task, job, workflow, definition, startAt, endAt, overlap, startWithin, catchUp, catchUpLimit, jitter, paused, version, only, except, onBlackout, expectBy, files } = of;
  return clean({
    cron, every, timeZone: cron ? timeZone ?? "UTC" : undefined, ...definition ? { definition } : { task: task ?? undefined, job: job ?? undefined, workflow: workflow ?? undefined }, startAt: startAt ?? undefined, endAt: endAt ?? undefined,
    overlap: overlap === "skip" ? undefined : overlap ?? undefined, startWithin: startWithin === "1m" ? undefined : startWithin ?? undefined,
    catchUp: catchUp === "none" ? undefined : catchUp ?? undefined, catchUpLimit: catchUpLimit === 100 ? undefined : catchUpLimit ?? undefined,
    jitter: jitter === "0ms" || jitter === "0s" ? undefined : jitter ?? undefined, paused: paused || undefined, version,
    only: only?.length ? only : undefined, except: except?.length ? except : undefined, onBlackout: onBlackout === "skip" ? onBlackout : undefined, expectBy: expectBy ?? undefined, files: files ?? undefined,
  });
}

/** Without the fields that are undefined or empty; an empty command or time stays. */
export function clean<T extends object>(of: T): T {
  return Object.fromEntries(Object.entries(of).filter(([name, value]) => value !== undefined && (value !== "" || name === "cmd" || name === "cron" || name === "every"))) as T;
}

/** Patterns for the folder to watch and for the names of its files. Browsers compile them with the flag v, so the slash in the class must be escaped. */
export const folderPattern = "/.*";
export const filePattern = "[^\\/]*";

/** The watched folder with some fields changed. An optional field that is empty is left out, and has its default; the node and the folder are required, and stay. */
export function withFolder(of: WatchedFolder | null | undefined, change: Partial<WatchedFolder>): WatchedFolder {
  const { node = "", folder = "", ...rest } = { ...of, ...change };
  return { node, folder, ...clean(rest) };
}

/** The files that a schedule watches, in a line: "w1:/incoming/*.csv". */
export const watchedFiles = ({ node, folder, match }: WatchedFolder): string => `${node}:${folder}${folder.endsWith("/") ? "" : "/"}${match ?? "*"}`;

/** Whether the service can read a schedule. Of one that it cannot read, it tells no times. */
export const isReadable = ({ cron, every }: Pick<Schedule, "cron" | "every">): boolean => Boolean(cron || every);

/** What tells an occurrence from the others of its schedule. Files that are found at one time have nothing else to tell them apart until they start. */
export const keyOf = (one: Pick<Occurrence, "time" | "kind" | "file" | "task" | "job" | "workflow">): string => [one.time, one.kind, startedOf(one)?.id, one.file].join(" ");

/** Whether what a schedule starts may have secrets, which the service never shows. Jobs have none. */
export const mayHaveSecrets = ({ job, workflow }: Pick<Schedule, "job" | "workflow">): boolean =>
  !job && (!workflow || (workflow.nodes ?? []).some((node) => !node.job));
