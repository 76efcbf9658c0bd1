import type { Query } from "../api/client";
import { absolute } from "./time";

/**
 * The filters of a list of tasks, as the address of the page holds them. `other` has those that the console does not know; the gateway refuses them.
 * Dropping them would make more tasks match, and bulk actions would change those tasks.
 */
export interface TaskFilters extends Record<typeof single[number], string> { label: string[]; other: Record<string, string[]> }

const single = ["state", "queue", "node", "q", "name", "definition", "batch", "workflow", "longerThan", "reason", "exitCode", "fingerprint", "quarantined", "from", "to",
  "createdAfter", "createdBefore", "endedAfter", "endedBefore"] as const;
const known: readonly string[] = [...single, "label", "sort"];

/** Reads the filters of an address. */
export function filtersOf(query: URLSearchParams): TaskFilters {
  const found = Object.fromEntries(single.map((name) => [name, query.get(name) ?? ""]));
  const others = [...new Set(query.keys())].filter((name) => !known.includes(name));
  return { ...found, label: query.getAll("label"), other: Object.fromEntries(others.map((name) => [name, query.getAll(name)])) } as unknown as TaskFilters;
}

/** The filters as the API takes them: -6h becomes a time, by the clock given. */
export function queryOf({ from, to, createdAfter, createdBefore, endedAfter, endedBefore, other, ...rest }: TaskFilters, now: number): Query {
  const ended = { endedAfter: relative(endedAfter, now), endedBefore: relative(endedBefore, now) };
  return { ...rest, ...other, ...ended, createdAfter: either(from && absolute(from, now), createdAfter), createdBefore: either(to && absolute(to, now), createdBefore) };
}

// The service reads all other times.
const relative = (time: string, now: number): string => time.startsWith("-") ? absolute(time, now) : time;

// Two bounds for one time are both sent, and the gateway refuses them.
const either = (one: string, other: string): string | string[] => one && other ? [one, other] : one || other;

/** The filters that are set, to be shown and removed one by one. */
export function setFilters(filters: TaskFilters): { name: string; value: string }[] {
  return [
    ...single.filter((name) => filters[name]).map((name) => ({ name: name as string, value: filters[name] })),
    ...filters.label.map((value) => ({ name: "label", value })),
    ...Object.entries(filters.other).flatMap(([name, values]) => values.map((value) => ({ name, value }))),
  ];
}

/**
 * Reads typed filters as values of the address: "exitCode=1 queue=etl" sets both filters, "team=a" adds a label, and the other words together
 * search names and commands. Null for empty text.
 */
export function parseFilters(text: string, labels: string[]): Record<string, string | string[]> | null {
  const found: Record<string, string | string[]> = {};
  const bare: string[] = [];
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const at = word.indexOf("=");
    const name = word.slice(0, at);
    if (at <= 0)
      bare.push(word);
    else if ((single as readonly string[]).includes(name))
      found[name] = word.slice(at + 1);
    else
      found.label = [...found.label ?? labels, word];
  }
  if (bare.length > 0)
    found.q = bare.join(" ");
  return Object.keys(found).length > 0 ? found : null;
}

/** The address of the list of tasks with filters. */
export function tasksUrl(filters: Query = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null && one !== "")
        query.append(name, String(one));
  return `/ui/tasks${query.size ? `?${query}` : ""}`;
}
