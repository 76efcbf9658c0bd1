import { type ExactNumber, jsonOf, parseJson } from "../api/json";
import type { InputFile, Labels, TaskSpec } from "../api/types";
import { bytes } from "./numbers";

/** The common fields of a task as a form has them: text alone. `rest` keeps the fields that the form does not show, as JSON. */
export interface SpecForm {
  cmd: string; argv: string; name: string; queue: string; priority: string; timeout: string; maxAttempts: string; runAt: string;
  labels: string; requires: string; resources: string; env: string; secretEnv: string; stdin: string; artifacts: string; rest: string;
}

/** The form that shows a spec. */
export function formOf(spec: TaskSpec): SpecForm {
  const { cmd, argv, name, queue, priority, timeout, retry, runAt, labels, requires, resources, env, secretEnv, stdin, artifacts, ...unshown } = spec;
  // The form shows plain patterns; if one has options, all patterns stay in the JSON.
  const arePlain = (artifacts ?? []).every((one) => typeof one === "string");
  const others = arePlain ? unshown : { ...unshown, artifacts };
  const { maxAttempts, ...retries } = retry ?? {};
  const rest = Object.keys(retries).length > 0 ? { ...others, retry: retries } : others;
  return {
    cmd: cmd ?? "", argv: (argv ?? []).join("\n"), name: name ?? "", queue: queue ?? "", priority: text(priority), timeout: timeout ?? "",
    maxAttempts: text(maxAttempts), runAt: runAt ?? "", labels: linesOf(labels), requires: linesOf(requires), resources: linesOf(resources), env: linesOf(env),
    secretEnv: linesOf(secretEnv), stdin: stdin ?? "", artifacts: arePlain ? (artifacts ?? []).join("\n") : "", rest: Object.keys(rest).length > 0 ? jsonOf(rest) : "",
  };
}

/** The spec that a form says; empty fields are left out. What is no number stays text, for the gateway to name. */
export function specOf(form: SpecForm): TaskSpec {
  const rest = (form.rest ? parseJson(form.rest) : {}) as TaskSpec;
  const retry = { ...(form.maxAttempts.trim() && { maxAttempts: number(form.maxAttempts) }), ...rest.retry };
  const spec: Record<string, unknown> = {
    ...(form.argv ? { argv: form.argv.split("\n") } : { cmd: form.cmd }),
    name: form.name.trim(), queue: form.queue.trim(), priority: form.priority.trim() && number(form.priority), timeout: form.timeout.trim(),
    runAt: form.runAt.trim(), labels: pairsOf(form.labels), requires: pairsOf(form.requires), resources: amountsOf(form.resources), env: pairsOf(form.env),
    secretEnv: pairsOf(form.secretEnv), stdin: form.stdin, artifacts: linesIn(form.artifacts), ...rest, retry: Object.keys(retry).length > 0 ? retry : undefined,
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== "" && value !== undefined)) as TaskSpec;
}

/** Returns the spec for a separate task: without the variables that name a workflow and its node. */
export function apart(spec: TaskSpec): TaskSpec {
  const { WORKFLOW_ID: _, WORKFLOW_NODE: __, WORKFLOW_RUN: ___, ...env } = spec.env ?? {};
  const { env: ____, ...rest } = spec;
  return Object.keys(env).length > 0 ? { ...rest, env } : rest;
}

/** A value of a spec as the text of a field. */
export const text = (value: unknown): string => value === undefined || value === null ? "" : String(value);
/** Reads a number; what is none stays text, for the gateway to name. */
export const number = (value: string): number | ExactNumber | string => {
  if (value.trim() === "" || !Number.isFinite(Number(value)))
    return value;
  return /^-?[1-9]\d{15,}$/.test(value.trim()) ? parseJson(value.trim()) as number | ExactNumber : Number(value);
};
/** Pairs as lines such as "key=value". */
export const linesOf = (pairs: Record<string, unknown> | undefined): string => Object.entries(pairs ?? {}).map(([key, value]) => `${key}=${value}`).join("\n");

// The lines that are not blank; undefined if there are none.
function linesIn(text: string): string[] | undefined {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.length > 0 ? lines : undefined;
}

/** The form with its list of files changed. */
export function withFiles(form: SpecForm, change: (files: InputFile[]) => InputFile[]): SpecForm {
  const { files, ...rest } = (form.rest ? parseJson(form.rest) : {}) as TaskSpec;
  const changed = change(files ?? []);
  const others = changed.length > 0 ? { ...rest, files: changed } : rest;
  return { ...form, rest: Object.keys(others).length > 0 ? jsonOf(others) : "" };
}

/** Reads lines such as "key=value"; undefined if there are none. */
export function pairsOf(lines: string): Labels | undefined {
  const pairs = lines.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const at = line.indexOf("=");
    return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1)];
  });
  return pairs.length > 0 ? Object.fromEntries(pairs) as Labels : undefined;
}

/** Reads lines such as "cpu=2", "memory=8GiB" or "pin"; undefined if there are none. What is no number stays text, for the gateway to name. */
export function amountsOf(lines: string): TaskSpec["resources"] {
  const amount = (value: string) => value === "" || value === "true" ? true : value === "false" ? false : number(value);
  const pairs = pairsOf(lines);
  const amounts = Object.entries(pairs ?? {}).map(([name, value]) => [name, amount(value.trim())]);
  return pairs && Object.fromEntries(amounts) as TaskSpec["resources"];
}

/** What a task reserves, in a line: "cpu 2 of its own, memory 8GiB". */
export function resourcesOf(resources: TaskSpec["resources"]): string {
  const { pin, ...amounts } = resources ?? {};
  return Object.entries(amounts).map(([name, amount]) => {
    const value = name === "memory" && typeof amount === "number" ? bytes(amount) : text(amount);
    return `${name} ${value}${name === "cpu" && pin === true ? " of its own" : ""}`;
  }).join(", ");
}
