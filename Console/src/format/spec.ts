import { type ExactNumber, jsonOf, parseJson } from "../api/json";
import type { InputFile, Labels, TaskSpec } from "../api/types";
import { bytes } from "./numbers";

/** The common fields of a task as a form has them: text alone. `rest` keeps the fields that the form does not show, as JSON. */
export interface SpecForm {
  cmd: string; argv: string; name: string; queue: string; priority: string; timeout: string; maxAttempts: string; runAt: string;
  labels: string; requires: string; resources: string; env: string; secretEnv: string; stdin: string; artifacts: string; rest: string;
}

/** A value of a spec as the text of a field. */
export const text = (value: unknown): string => value === undefined || value === null ? "" : typeof value === "object" ? jsonOf(value) : String(value);
/** Reads a number; what is none stays text, for the gateway to name. */
export const number = (value: string): number | ExactNumber | string => {
  if (value.trim() === "" || !Number.isFinite(Number(value)))
    return value;
  return /^-?[1-9]\d{15,}$/.test(value.trim()) ? parseJson(value.trim()) as number | ExactNumber : Number(value);
};
/** Reads a number that may be left out: null for an empty field. */
export const limit = (value: string): number | ExactNumber | string | null => value.trim() === "" ? null : number(value);
/** Pairs as lines such as "key=value". */
export const linesOf = (pairs: unknown): string => Object.entries((pairs ?? {}) as object).map(([key, value]) => `${key}=${text(value)}`).join("\n");

type Shown = Exclude<keyof SpecForm, "maxAttempts" | "rest">;
interface FieldOf { write: (value: unknown) => string; read: (shown: string) => unknown }

const inLine: FieldOf = { write: text, read: (shown) => shown.trim() };
const asTyped: FieldOf = { write: text, read: (shown) => shown };
const inPairs: FieldOf = { write: linesOf, read: pairsOf };

/** How each field of the form shows a field of the spec, and how it is read back. The spec leaves out what reads as an empty text or undefined. */
const fields: { [name in Shown]: FieldOf } = {
  cmd: asTyped, argv: { write: joined, read: argumentsIn }, name: inLine, queue: inLine,
  priority: { write: text, read: (shown) => shown.trim() && number(shown) }, timeout: inLine, runAt: inLine, labels: inPairs, requires: inPairs,
  resources: { write: linesOf, read: amountsOf }, env: inPairs, secretEnv: inPairs, stdin: asTyped, artifacts: { write: joined, read: linesIn },
};
const isShown = (name: string): name is Shown => Object.hasOwn(fields, name);
const empty: ReadonlySet<string> = new Set(["null", "{}", "[]"]);

/** The form that shows a spec. A value that its field cannot return unchanged, such as an argument of several lines, stays in the JSON. */
export function formOf({ retry, ...spec }: TaskSpec): SpecForm {
  const { maxAttempts, ...retries } = retry ?? {};
  const form = { ...Object.fromEntries(Object.keys(fields).map((name) => [name, ""])), maxAttempts: text(maxAttempts) } as unknown as SpecForm;
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(spec).filter(([name, value]) => value !== undefined && !(isShown(name) && empty.has(jsonOf(value))))) {
    const shown = isShown(name) ? fields[name].write(value) : "";
    if (!isShown(name) || jsonOf(fields[name].read(shown)) !== jsonOf(value))
      rest[name] = value;
    else
      form[name] = shown;
  }
  if (Object.keys(retries).length > 0)
    rest.retry = retries;
  return { ...form, rest: Object.keys(rest).length > 0 ? jsonOf(rest) : "" };
}

/** The spec that a form says; empty fields are left out. What is no number stays text, for the gateway to name. */
export function specOf(form: SpecForm): TaskSpec {
  const rest = restOf(form);
  const retry = { ...(form.maxAttempts.trim() && { maxAttempts: number(form.maxAttempts) }), ...rest.retry };
  const shown = (Object.keys(fields) as Shown[]).map((name) => [name, fields[name].read(form[name])]);
  const spec = { ...Object.fromEntries(shown), ...rest, retry: Object.keys(retry).length > 0 ? retry : undefined };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== "" && value !== undefined)) as TaskSpec;
}

/** The fields of the form whose values stay in the JSON. */
export const keptOf = (form: SpecForm): string[] => Object.keys(restOf(form)).filter(isShown);

const restOf = (form: SpecForm): TaskSpec => (form.rest ? parseJson(form.rest) : {}) as TaskSpec;

/** Returns the spec for a separate task: without the variables that name a workflow and its node. */
export function apart(spec: TaskSpec): TaskSpec {
  const { WORKFLOW_ID: _, WORKFLOW_NODE: __, WORKFLOW_RUN: ___, ...env } = spec.env ?? {};
  const { env: ____, ...rest } = spec;
  return Object.keys(env).length > 0 ? { ...rest, env } : rest;
}

function joined(value: unknown): string {
  return Array.isArray(value) ? value.map(text).join("\n") : "";
}

/** The arguments in a field, one per line; undefined if it is empty. */
export function argumentsIn(text: string): string[] | undefined {
  return text === "" ? undefined : split(text);
}

// A field of several lines turns each of these line ends into \n.
function split(text: string): string[] {
  return text.split(/\r\n|[\r\n]/);
}

// The lines that are not blank; undefined if there are none.
function linesIn(text: string): string[] | undefined {
  const lines = split(text).map((line) => line.trim()).filter((line) => line !== "");
  return lines.length > 0 ? lines : undefined;
}

/** The form with its list of files changed. */
export function withFiles(form: SpecForm, change: (files: InputFile[]) => InputFile[]): SpecForm {
  const { files, ...rest } = restOf(form);
  const changed = change(files ?? []);
  const others = changed.length > 0 ? { ...rest, files: changed } : rest;
  return { ...form, rest: Object.keys(others).length > 0 ? jsonOf(others) : "" };
}

/** Reads lines such as "key=value"; undefined if there are none. */
export function pairsOf(lines: string): Labels | undefined {
  const pairs = split(lines).filter((line) => line.trim() !== "").map((line) => {
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
