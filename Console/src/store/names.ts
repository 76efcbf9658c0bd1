import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, pathOf } from "../api/client";
import type { List, State } from "../api/types";
import { itemOf } from "../format/command";

/** What lists say about a task, a job, a workflow or a rollout, as far as a sentence about it needs. */
export interface Named {
  title: string; state: State; attempt: number; node: string | null; reason: string | null; exitCode: number | null; signal: string | null;
  startedAt: string | null; endedAt: string | null;
}

type Kind = "task" | "job" | "workflow" | "rollout";
type Row = Omit<Named, "title"> & { id: string; name: string; workflow?: { node: string; item: number | null } | null };

const known = signal<ReadonlyMap<string, Named>>(new Map());
const mostKnown = 5_000;
/** So many ids are asked for one by one, after the newest ones in one call. */
const mostAsked = 40;
const newest = 500;

const named = (row: Row): Named => ({ ...row, title: itemOf(row.name, row.workflow?.item) });

function add(rows: Row[]): void {
  const next = new Map(known.value);
  rows.forEach((row) => next.set(row.id, named(row)));
  known.value = next.size > mostKnown ? new Map(rows.map((row) => [row.id, named(row)])) : next;
}

/** What is known of things that are named by ids alone, read from the gateway where it is not known yet; what has changed since `at` is read again. */
export function useNames(wanted: { type: string; id: string; state?: string }[]): ReadonlyMap<string, Named> {
  const missing = wanted.filter(({ type, id, state }) => ["task", "job", "workflow", "rollout"].includes(type) && (!known.value.has(id)
    || (state !== undefined && ["succeeded", "failed", "cancelled"].includes(state) && known.value.get(id)!.endedAt === null)));
  const key = missing.map(({ id }) => id).join(" ");
  useEffect(() => {
    if (missing.length > 0)
      void read(missing as { type: Kind; id: string }[]);
  }, [key]);
  return known.value;
}

async function read(missing: { type: Kind; id: string }[]): Promise<void> {
  const found = new Set<string>();
  for (const type of new Set(missing.map((one) => one.type))) {
    const of = [...new Set(missing.filter((one) => one.type === type).map((one) => one.id))];
    const take = (rows: Row[]) => { rows.forEach((row) => found.add(row.id)); add(rows); };
    // A list of rollouts carries whole specs, so these are read one by one.
    if (of.length > 3 && type !== "rollout")
      take((await get<List<Row>>(pathOf(`/${type}s`, { view: type === "task" ? "row" : undefined, limit: newest })).catch(() => ({ items: [] }))).items);
    const rest = of.filter((id) => !found.has(id)).slice(0, mostAsked);
    take((await Promise.all(rest.map((id) => get<Row>(`/${type}s/${encodeURIComponent(id)}`).catch(() => null)))).filter((row) => row !== null));
  }
}

/** Names by id, for sentences. */
export const titlesOf = (names: ReadonlyMap<string, Named>): ReadonlyMap<string, string> => new Map([...names].map(([id, { title }]) => [id, title]));

