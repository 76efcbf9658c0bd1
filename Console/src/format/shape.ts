import { ExactNumber, parseJson } from "../api/json";

/**
 * The types that a form relies on in a spec: text, a single value, a list, or an object with the types of the fields that the form reads.
 * Such a field may be missing or null. Fields that a shape does not name may be anything.
 */
export type Shape = "text" | "value" | "any" | [Shape] | { [field: string]: Shape };

const command: Shape = { cmd: "text" };

export const taskShape: Shape = { retry: { maxAttempts: "value" }, files: [{ path: "text" }] };

export const jobShape: Shape = {
  name: "text", queue: "text", chunkSize: "value", onItemError: "text",
  source: { range: { from: "value", to: "value" }, items: ["any"], file: { path: "text", format: "text" }, command },
  process: { builtin: "text", select: "text", command, chunkCommand: command, plugin: { name: "text" } },
  aggregate: [{ op: "text", as: "text" }],
};

export const rolloutShape: Shape = { name: "value", task: {}, pause: "value", catchUp: "value" };

export const scheduleShape: Shape = {
  cron: "text", every: "text", timeZone: "text", jitter: "text", overlap: "text", catchUp: "text", onBlackout: "text", expectBy: "text", only: ["text"], except: ["text"],
  task: { cmd: "text", argv: ["text"], name: "text", queue: "text" }, job: {}, workflow: {}, definition: {},
  files: { node: "text", folder: "text", match: "text", settled: "text", existing: "text" },
};

/** The spec that somebody has typed, or why the form cannot show it, as a sentence. */
export function typedSpec<T extends object>(typed: string, shape: Shape): { spec: T; fault?: undefined } | { spec: null; fault: string } {
  let found: unknown;
  try {
    found = parseJson(typed);
  } catch {
    return { spec: null, fault: "This is not JSON." };
  }
  const fault = faultOf(found, shape);
  return fault ? { spec: null, fault } : { spec: found as T };
}

/** The first part of a value that has another type than its shape, as a sentence such as "source must be an object."; empty if there is none. */
export function faultOf(value: unknown, shape: Shape, path = ""): string {
  if (!fits(value, shape))
    return `${path || "The JSON"} must be ${wordsOf(shape)}.`;
  if (typeof shape === "string")
    return "";
  const faults = isList(shape) ? (value as unknown[]).map((item, i) => faultOf(item, shape[0], `${path}[${i}]`))
    : Object.entries(shape).map(([name, part]) => {
      const field = (value as Record<string, unknown>)[name];
      return field === undefined || field === null ? "" : faultOf(field, part, path ? `${path}.${name}` : name);
    });
  return faults.find((fault) => fault !== "") ?? "";
}

const isList = (shape: Shape): shape is [Shape] => Array.isArray(shape);

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

function fits(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case "any": return true;
    case "text": return typeof value === "string";
    // A number that no double holds is an object here.
    case "value": return typeof value !== "object" || value instanceof ExactNumber;
    default: return isList(shape) ? Array.isArray(value) : isObject(value);
  }
}

function wordsOf(shape: Shape): string {
  if (typeof shape !== "string")
    return isList(shape) ? "a list" : "an object";
  return shape === "text" ? "text" : "a single value";
}
