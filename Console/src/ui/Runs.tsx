import { pathOf } from "../api/client";
import type { List, Occurrence } from "../api/types";
import { plural } from "../format/numbers";
import { pageOf, startedOf } from "../format/schedule";
import { stamp } from "../format/time";
import { useResource } from "../store/resource";
import { State } from "./parts";

const shown = 20;

/** The last runs of a schedule, newest first. */
export const useRuns = (id: string | null) => useResource<List<Occurrence>>(id === null ? null : pathOf(`/schedules/${encodeURIComponent(id)}/occurrences`, { limit: shown }), 15_000);

/** What became of a time: the state of what it started, or that it started nothing. */
export const fateOf = (one: Occurrence): string => one.outcome === "started" ? one.state ?? "started" : one.outcome;

/** The last run that has ended; null while none has. */
export const lastEnded = (runs: Occurrence[]): Occurrence | null => runs.find((one) => ["succeeded", "failed", "cancelled", "missed"].includes(fateOf(one))) ?? null;

/** The last 20 times of a schedule as bars, oldest first: full and red for what failed, half as high for what succeeded, hollow for what did not start. */
export function Runs({ of }: { of: Occurrence[] }) {
  const counts = new Map<string, number>();
  of.forEach((one) => counts.set(fateOf(one), (counts.get(fateOf(one)) ?? 0) + one.count));
  return <span class="runs" role="img" aria-label={`The last times: ${[...counts].map(([fate, count]) => `${count} ${fate}`).join(", ") || "none yet"}`}>
    {of.toReversed().map((one, i) => {
      const started = startedOf(one);
      const title = `${stamp(one.time)}: ${fateOf(one)}${one.count > 1 ? `, ${plural(one.count, "time")}` : ""}`;
      return started ? <a key={i} class={fateOf(one)} href={pageOf(started.target, started.id)} title={title} tabIndex={-1} aria-hidden="true" /> : <i key={i} class={fateOf(one)} title={title} />;
    })}</span>;
}

/** The runs of a schedule in a list, and whether the last one failed. */
export function RunsOf({ id }: { id: string }) {
  const { data } = useRuns(id);
  if (!data?.items.length)
    return null;
  const last = lastEnded(data.items);
  const fate = last && fateOf(last);
  return <><Runs of={data.items} />{(fate === "failed" || fate === "missed") && <> <State name={fate} word={`last run ${fate}`} /></>}</>;
}
