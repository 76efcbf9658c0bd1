import { bytes, compact } from "./numbers";

/** What the values of a chart are: counts a second, counts, milliseconds, bytes, or bare numbers. */
export type Unit = "rate" | "count" | "time" | "bytes" | "load";

/** A number of tasks a second, of milliseconds and so on, short enough for a legend. */
export const shows: Record<Unit, (value: number) => string> = {
  rate: (value) => `${value < 10 ? Number(value.toFixed(value < 1 ? 2 : 1)) : compact(Math.round(value))}/s`,
  count: (value) => compact(Math.round(value)),
  time: (value) => value < 1_000 ? `${Number(value.toPrecision(2))} ms` : value < 120_000 ? `${Number((value / 1_000).toPrecision(2))} s` : value < 7_200_000 ? `${Math.round(value / 60_000)} min` : `${Math.round(value / 3_600_000)} h`,
  bytes: (value) => bytes(value),
  load: (value) => Number(value.toFixed(2)).toString(),
};

/** A duration as the service writes it, in milliseconds: 1m30s. */
export function milliseconds(text: string): number {
  const units: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
  return [...text.matchAll(/([\d.]+)(ms|[dhms])/g)].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}
