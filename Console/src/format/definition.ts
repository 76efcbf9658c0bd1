import type { Parameter, PrintedChoices } from "../api/types";

/** What a reader has typed into the form of a definition, by the parameters' names. */
export type Typed = Record<string, string>;

/** The kind of input that takes a parameter's values. */
export const inputOf = (parameter: Parameter): string => parameter.secret ? "password"
  : parameter.type === "date" ? "date" : parameter.type === "time" ? "time" : "text";

const isText = (parameter: Parameter): boolean => (parameter.type ?? "text") === "text";

/** What the browser checks by itself. Days and times have bounds; a time may have seconds. The service checks everything else. */
export function limitsOf(parameter: Parameter): { required?: true; min?: string; max?: string; step?: number; inputMode?: "numeric" | "decimal" } {
  const { type, min, max } = parameter;
  const isBounded = !parameter.secret && (type === "date" || type === "time");
  return {
    // An empty text is a value; an empty secret is one that was forgotten.
    ...(parameter.required && (!isText(parameter) || parameter.secret) ? { required: true } : {}),
    ...(isBounded && min !== undefined && min !== null ? { min: String(min) } : {}),
    ...(isBounded && max !== undefined && max !== null ? { max: String(max) } : {}),
    ...(isBounded && type === "time" ? { step: 1 } : {}),
    ...(type === "integer" ? { inputMode: "numeric" } : type === "number" ? { inputMode: "decimal" } : {}),
  };
}

/** Whether a value needs a field of several lines: an input of one line would lose its line ends. */
export const hasLines = (parameter: Parameter, value: string): boolean => isText(parameter) && !parameter.secret && /[\r\n]/.test(value);

/** Whether the choices of a parameter are what the task of another definition printed. */
export const isPrinted = (parameter: Parameter): boolean => parameter.type === "choice" && Boolean(parameter.choicesFrom);

/**
 * What can be chosen, with words; null if anything can be typed. Nothing is chosen for the reader. A value that is no longer printed
 * stays, so that the reader sees what the service would refuse.
 */
export function choicesOf(parameter: Parameter, printed: readonly string[] = [], value = ""): [value: string, words: string][] | null {
  if (parameter.secret || (parameter.type !== "choice" && parameter.type !== "boolean"))
    return null;
  const of = parameter.type === "boolean" ? ["true", "false"] : isPrinted(parameter) ? printed : parameter.choices ?? [];
  const none = parameter.required ? "Choose…" : hasDefault(parameter) ? `${String(parameter.default)} (default)` : "–";
  const gone: [string, string][] = isPrinted(parameter) && value !== "" && !of.includes(value) ? [[value, `${value} (no longer printed)`]] : [];
  return [["", none], ...of.map((word): [string, string] => [word, word]), ...gone];
}

/** What a reader should know about the choices beside their time. */
export const noteOf = (printed: PrintedChoices): string => [
  printed.truncated && printed.values.length > 0 && `Only the first ${printed.values.length.toLocaleString("en")} lines can be chosen.`,
  printed.leftOut > 0 && `${printed.leftOut === 1 ? "1 line was" : `${printed.leftOut.toLocaleString("en")} lines were`} left out: too long, or not text.`,
].filter(Boolean).join(" ");

const hasDefault = (parameter: Parameter): boolean => String(parameter.default ?? "") !== "";

/** What the form begins with: the values of an earlier run, otherwise the defaults. */
export function begin(parameters: Parameter[], values: Record<string, unknown> = {}): Typed {
  return Object.fromEntries(parameters.map((one) => {
    const value = (Object.hasOwn(values, one.name) ? values[one.name] : undefined) ?? one.default;
    return [one.name, value === undefined || value === null ? "" : String(value)];
  }));
}

/** The values of an earlier run that the form has no field for, because the definition has changed since. */
export const leftOut = (parameters: Parameter[], values: Record<string, unknown>): string[] =>
  Object.keys(values).filter((name) => !parameters.some((one) => one.name === name));

/** The values that a run is given: what was left empty is left out, except of a text that must be given. Numbers stay as they were typed. */
export function valuesOf(parameters: Parameter[], typed: Typed): Record<string, string> {
  return Object.fromEntries(parameters.filter((one) =>
    typed[one.name] !== "" || (isText(one) && (one.required === true || hasDefault(one)))).map((one) => [one.name, typed[one.name] ?? ""]));
}

/** The hint below a field: what the parameter means, which values it takes, and what an empty field means. */
export function hintOf(parameter: Parameter): string {
  const { min, max } = parameter;
  const of = isText(parameter) ? "characters" : "";
  const range = min !== undefined && min !== null && max !== undefined && max !== null ? `from ${min} to ${max} ${of}`
    : min !== undefined && min !== null ? `at least ${min} ${of}` : max !== undefined && max !== null ? `at most ${max} ${of}` : "";
  const kind = parameter.type === "integer" ? "a whole number" : parameter.type === "number" ? "a number" : "";
  const usual = hasDefault(parameter) && !choicesOf(parameter) && (isText(parameter) ? `by default ${String(parameter.default)}` : `${String(parameter.default)} if empty`);
  return [parameter.description, [kind, range.trim()].filter(Boolean).join(" "), parameter.pattern && `must match ${parameter.pattern}`, usual].filter(Boolean).join("; ");
}

/** The address of a definition's page. */
export const definitionPage = (name: string): string => `/ui/definitions/${encodeURIComponent(name)}`;

/** The address of a definition's page with the values of an earlier run in its form. */
export const againPage = (name: string, run: string): string => `${definitionPage(name)}?again=${encodeURIComponent(run)}`;

/** The most runs that are read to find one that an address names. */
export const mostSearched = 1_000;

/** The address of what a run has started. */
export const runPage = (run: { kind: string; id: string }): string => `/ui/${run.kind}s/${run.id}`;

/** The most favourites that a browser keeps. The Overview reads the last run of each. */
export const mostFavourites = 20;

/** Reads the favourites that a browser has kept; unreadable text means no favourites. */
export function favouritesOf(text: string): string[] {
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? [...new Set(found.filter((one): one is string => typeof one === "string"))].slice(0, mostFavourites) : [];
  } catch {
    return [];
  }
}

/** Adds a name to the favourites, or removes it. Adds nothing beyond the maximum. */
export const toggled = (favourites: string[], name: string): string[] => favourites.includes(name) ? favourites.filter((one) => one !== name)
  : favourites.length < mostFavourites ? [...favourites, name].sort((a, b) => a.localeCompare(b)) : favourites;
