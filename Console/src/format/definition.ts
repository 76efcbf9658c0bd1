import type { Parameter } from "../api/types";

/** What a reader has typed into the form of a definition, by the parameters' names. */
export type Typed = Record<string, string>;

/** The kind of input that takes a parameter's values. */
export const inputOf = (parameter: Parameter): string => parameter.secret ? "password"
  : parameter.type === "date" ? "date" : parameter.type === "time" ? "time" : "text";

/** What the form begins with: the values of an earlier run, otherwise the defaults. */
export function begin(parameters: Parameter[], values: Record<string, unknown> = {}): Typed {
  return Object.fromEntries(parameters.map((one) => {
    const value = values[one.name] ?? one.default;
    return [one.name, value === undefined || value === null ? "" : String(value)];
  }));
}

/** The values that a run is given: what was left empty is left out, except of a text that must be given. Numbers stay as they were typed. */
export function valuesOf(parameters: Parameter[], typed: Typed): Record<string, string> {
  return Object.fromEntries(parameters.filter((one) => {
    const isText = (one.type ?? "text") === "text";
    return typed[one.name] !== "" || (isText && (one.required === true || (one.default ?? "") !== ""));
  }).map((one) => [one.name, typed[one.name] ?? ""]));
}

/** What is said below a field: what the parameter means, and which values it takes. */
export function hintOf(parameter: Parameter): string {
  const { min, max } = parameter;
  const of = (parameter.type ?? "text") === "text" ? "characters" : "";
  const range = min !== undefined && min !== null && max !== undefined && max !== null ? `from ${min} to ${max} ${of}`
    : min !== undefined && min !== null ? `at least ${min} ${of}` : max !== undefined && max !== null ? `at most ${max} ${of}` : "";
  return [parameter.description, range.trim(), parameter.pattern && `must match ${parameter.pattern}`].filter(Boolean).join("; ");
}

/** The address of a definition's page. */
export const definitionPage = (name: string): string => `/ui/definitions/${encodeURIComponent(name)}`;

/** The address of what a run has started. */
export const runPage = (run: { kind: string; id: string }): string => `/ui/${run.kind}s/${run.id}`;
