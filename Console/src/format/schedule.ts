import { jsonOf } from "../api/json";
import type { JobSpec, Occurrence, Schedule } from "../api/types";
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
