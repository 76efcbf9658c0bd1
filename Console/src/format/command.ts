import { jsonOf } from "../api/json";
import type { Task, TaskSpec } from "../api/types";
import { text } from "./spec";

/** The command of a spec as one line that a shell would read the same. A user may have typed the spec, so its values may have any type. */
export function commandOf({ cmd, argv }: { cmd?: unknown; argv?: unknown }): string {
  return text(cmd ?? (Array.isArray(argv) ? argv.map(text).map(quoted).join(" ") : argv));
}

/** What a task is called: its name, or its command when the name is only the command's first word. */
export function titleOf(task: Pick<Task, "name" | "spec" | "workflow">): string {
  const item = task.workflow?.item ?? null;
  if (item !== null)
    return itemOf(task.name, item);
  return task.spec.name ? task.name : cut(commandOf(task.spec) || task.name, 120);
}

/** What an item of a node is called: "scale [76]". */
export const itemOf = (name: string, item: number | null | undefined): string => typeof item === "number" ? `${name} [${item}]` : name;

/** Text of at most so many characters, on one line. */
export function cut(text: string, most: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  const signs = [...line];
  return signs.length <= most ? line : signs.slice(0, most - 1).join("") + "…";
}

/** A word as a shell reads it. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Why a task ended, in words: "exit 1", "SIGKILL", "timeout". */
export function reasonOf(end: { reason: string | null; exitCode: number | null; signal: string | null }): string {
  if (end.reason === "exit")
    return end.exitCode === null ? "exit" : `exit ${end.exitCode}`;
  return end.reason === "signal" ? end.signal ?? "signal" : (end.reason ?? "").replaceAll("-", " ");
}

/** The last line of a task's output, without colours, in at most 500 characters. */
export function lastLineOf(task: Pick<Task, "output">): string {
  return (task.output.tail.trimEnd().split("\n").at(-1) ?? "").replace(/\u001b\[[0-9;:]*[A-Za-z]/g, "").slice(0, 500);
}

/** The call as a line for curl. */
export function curlOf(method: string, path: string, body: unknown, origin: string): string {
  const url = quoted(origin + path);
  return body === undefined
    ? `curl${method === "GET" ? "" : ` -X ${method}`} ${url}`
    : `curl -X ${method} -H 'Content-Type: application/json' \\\n     -d ${quoted(jsonOf(body))} ${url}`;
}

const otaskOptions: { [field: string]: string } = {
  queue: "--queue", name: "--name", priority: "--priority", timeout: "--timeout", runAt: "--run-at", labels: "--label", requires: "--require", env: "--env",
};

/**
 * The submission as a line for otask, which begins with `start`. A spec with a field for which there is no option here is sent as JSON.
 */
export function otaskOf(spec: TaskSpec, start = "otask submit"): string {
  const { cmd, argv, retry, ...fields } = spec;
  const { maxAttempts, ...others } = retry ?? {};
  if (Object.keys(others).length > 0 || Object.keys(fields).some((field) => !Object.hasOwn(otaskOptions, field)))
    return `${start} --spec - <<'EOF'\n${jsonOf(spec, 2)}\nEOF`;
  const words = [start];
  for (const [field, option] of Object.entries(otaskOptions)) {
    const value = fields[field as keyof typeof fields] ?? [];
    const texts = typeof value === "object" ? Object.entries(value).map(([key, one]) => `${key}=${text(one)}`) : [text(value)];
    words.push(...texts.map((one) => `${option} ${quoted(one)}`));
  }
  if (maxAttempts !== undefined)
    words.push(`--max-attempts ${quoted(text(maxAttempts))}`);
  return `${words.join(" ")} ${Array.isArray(argv) ? `-- ${argv.map(text).map(quoted).join(" ")}` : quoted(text(cmd))}`;
}

/** Which attempt is the latest, of how many that may fail: "2 of 4". Attempts whose node was lost do not count, so there may be more. */
export function attemptOf(task: Pick<Task, "attempt" | "spec">): string {
  const most = Number(task.spec.retry?.maxAttempts ?? 1);
  return most > 1 && task.attempt <= most ? `${task.attempt} of ${most}` : String(task.attempt);
}

/** A task as lists have it in brief: without its spec and its output, with the beginning of its command. */
export type TaskRow = Omit<Task, "spec"> & { command: string; maxAttempts: number };

/** A row with as much of a spec as lists show. A name that is only the command's first word was not given. */
export function taskOf(row: TaskRow): Task {
  const first = row.command.split(/\s/)[0]!.split("/").at(-1);
  return { ...row, spec: { cmd: row.command, ...row.name !== first && { name: row.name }, retry: { maxAttempts: row.maxAttempts } } };
}

/** Tasks of one name, queue and end as one, in the order of the newest of each. */
export function alike(tasks: Task[]): { first: Task; count: number }[] {
  const kinds = new Map<string, { first: Task; count: number }>();
  for (const task of tasks) {
    const key = [titleOf(task).replace(/ \[\d+\]$/, ""), task.queue, task.state, reasonOf(task)].join("\n");
    const known = kinds.get(key);
    if (known)
      known.count++;
    else
      kinds.set(key, { first: task, count: 1 });
  }
  return [...kinds.values()];
}
