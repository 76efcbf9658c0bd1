import { jsonOf } from "../api/json";
import type { CellState, Job, JobChunk, JobSpec, JobStats } from "../api/types";
import { count, plural } from "./numbers";
import { coarse } from "./time";

/** What holds a running job back, in a sentence; empty when it has ended. */
export function heldBackBy(job: Pick<Job, "state" | "chunksQueued" | "chunksRunning">, stats: Pick<JobStats, "heldBackBy" | "gain" | "stragglers">): string {
  if (job.state !== "running")
    return "";
  switch (stats.heldBackBy) {
    case "slots":
      return job.chunksRunning === 0
        ? `Held back by its queue: ${plural(job.chunksQueued, "chunk waits", "chunks wait")}, and none runs.`
        : `Held back by slots: ${count(job.chunksRunning)} running, ${plural(job.chunksQueued, "chunk waits", "chunks wait")} for one. ${stats.gain
          ? `${plural(stats.gain.slots, "more slot")} would spare about ${coarse(stats.gain.seconds * 1_000)}.` : "More slots make it faster."}`;
    case "starts": return "Held back by starting its program: that takes at least half of a chunk's time. Larger chunks make it faster.";
    case "source": return "Held back by its source: no items wait.";
    case "pace": return "Held back by its pace: no more items are due yet.";
    case "store": return "Held back by the store: its disk is nearly full, or its commits are slow.";
    case "stragglers": return `Held back by its last chunks: ${stats.stragglers.map(({ no, node, runningFor }) =>
      `chunk ${count(no)}${node ? ` on ${node}` : ""}${runningFor ? ` for ${rounded(runningFor)}` : ""}`).slice(0, 3).join(", ")} ${stats.stragglers.length === 1 ? "takes" : "take"} too long.`;
    default: return job.chunksRunning > 0 ? `Nothing holds it back: ${plural(job.chunksRunning, "chunk")} running.` : "Nothing holds it back.";
  }
}

/** Where a job's items come from, in words. */
export function sourceWords({ source }: Pick<JobSpec, "source">): string {
  const of = source as {
    range?: { from: number; to: number }; file?: { path: string; format?: string }; stream?: object; items?: unknown[];
    command?: { cmd?: string; argv?: string[] };
  };
  if (of.range)
    return `the integers ${count(of.range.from)} – ${count(of.range.to - 1)}`;
  if (of.file)
    return `${of.file.format ?? "lines"} of ${of.file.path}`;
  if (of.items)
    return plural(of.items.length, "item");
  return of.command ? `what this prints: ${of.command.cmd ?? (of.command.argv ?? []).join(" ")}` : "items that are sent to it";
}

/** What is done with each item, in words. */
export function processWords({ process }: Pick<JobSpec, "process">): string {
  const of = process as { builtin?: string; select?: string; command?: { cmd?: string; argv?: string[] }; plugin?: { name: string } };
  if (of.builtin)
    return of.select ? `${of.builtin} ${of.select}` : of.builtin;
  return of.command ? of.command.cmd ?? (of.command.argv ?? []).join(" ") : of.plugin ? `plug-in ${of.plugin.name}` : jsonOf(process);
}

/** Whether a job keeps what its items become, to be read as lines. */
export const collects = (spec: Pick<JobSpec, "aggregate">): boolean => spec.aggregate?.some((one) => one.op === "collect") ?? false;

/** A duration of the API without the digits that nobody reads: 1.2345s is 1.2s. */
export const rounded = (duration: string): string => duration.replace(/(\.\d)\d+/, "$1");

/** The places of a chunk in its source, first and last. */
export const placesOf = (chunk: Pick<JobChunk, "first" | "length">): string =>
  chunk.length === 0 ? "–" : chunk.length === 1 ? count(chunk.first) : `${count(chunk.first)} – ${count(chunk.first + chunk.length - 1)}`;

/** What the states of cells mean to people, in the order of their work. */
export const cellWords: { [state in CellState]: string } = {
  folded: "done", running: "running", queued: "waiting", failed: "failed", dropped: "dropped when it stopped", unread: "not read",
};

/** How much of the source is in each state, as texts: only those that are there. */
export function coverageWords(runs: [CellState, number][]): string[] {
  const all = runs.reduce((sum, [, cells]) => sum + cells, 0);
  return (Object.keys(cellWords) as CellState[]).flatMap((state) => {
    const cells = runs.reduce((sum, run) => sum + (run[0] === state ? run[1] : 0), 0);
    return cells === 0 ? [] : [`${Math.max(1, Math.round(100 * cells / all))} % ${cellWords[state]}`];
  });
}

/** Items a second in even steps, from points with the items done by then: from the first point, or ten minutes back, to the last one. */
export function ratesOf(points: { at: string; items: number }[], most = 600_000, steps = 100): { from: number; step: number; values: (number | null)[] } {
  const times = points.map((point) => Date.parse(point.at));
  const to = times.at(-1) ?? 0;
  const from = Math.max(times[0] ?? 0, to - most);
  const step = Math.max(1, (to - from) / steps);
  // Between two points items came evenly, as far as is known.
  const done = (time: number) => {
    const after = times.findIndex((one) => one >= time);
    if (after <= 0)
      return points[Math.max(0, after)]!.items;
    const share = (time - times[after - 1]!) / (times[after]! - times[after - 1]!);
    return points[after - 1]!.items + share * (points[after]!.items - points[after - 1]!.items);
  };
  if (points.length < 2 || to <= from)
    return { from, step, values: [] };
  return { from, step, values: Array.from({ length: steps }, (_, i) => Math.max(0, done(Math.min(to, from + (i + 1) * step)) - done(from + i * step)) * 1_000 / step) };
}
