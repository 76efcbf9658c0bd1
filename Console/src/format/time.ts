import { signal } from "@preact/signals";
import { remembered } from "../store/remembered";

/** Whether times are shown in UTC instead of the reader's zone. */
export const utc = remembered<boolean>("otask.utc", false);

/** The time, renewed every second, for what shows an age. */
export const tick = signal(Date.now());

/** The latest time that a Date can hold. */
const farthest = 8.64e15;
const two = (value: number) => String(value).padStart(2, "0");

/** A time of day as 02:14:07, with the date when it is another day. */
export function stamp(time: string | number | null | undefined, inUtc = utc.value, today = Date.now()): string {
  if (time === null || time === undefined)
    return "";
  const date = new Date(time);
  if (Number.isNaN(date.getTime()))
    return "";
  const [day, clock] = parts(date, inUtc);
  return day === parts(new Date(today), inUtc)[0] ? clock : `${day} ${clock}`;
}

/** A time in full, with the milliseconds and the zone. */
export function stampInFull(time: string | number | null | undefined, inUtc = utc.value): string {
  if (time === null || time === undefined)
    return "";
  const date = new Date(time);
  if (Number.isNaN(date.getTime()))
    return "";
  const [day, clock] = parts(date, inUtc);
  return `${day} ${clock}.${String(date.getMilliseconds()).padStart(3, "0")} ${inUtc ? "UTC" : offsetOf(date)}`;
}

/** A time of day with its milliseconds: 02:14:07.123. */
export function clockInFull(time: string | null, inUtc = utc.value): string {
  return stampInFull(time, inUtc).split(" ")[1] ?? "";
}

/** A time with its weekday in a named zone: "Fri 2026-11-27 03:00"; with seconds unless they are 0. */
export function inZone(time: string, zone: string): string {
  const date = new Date(time);
  try {
    const of = Object.fromEntries(new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, weekday: "short", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    }).formatToParts(date).map(({ type, value }) => [type, value]));
    return `${of.weekday} ${of.year}-${of.month}-${of.day} ${of.hour}:${of.minute}${of.second === "00" ? "" : `:${of.second}`}`;
  } catch {
    // A zone that the browser does not know.
    return stampInFull(time, true);
  }
}

/** A duration as people say it: 4 ms, 1.5 s, 2 m 5 s, 3 h 12 m, 5 d 2 h. */
export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds))
    return "";
  const ms = Math.max(0, milliseconds);
  if (ms < 1_000)
    return `${Math.round(ms)} ms`;
  if (ms < 59_950)
    return `${ms < 9_950 ? (ms / 1_000).toFixed(1) : Math.round(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  const [d, h, m, s] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const pairs: [number, string][] = [[d, "d"], [h, "h"], [m, "m"], [s, "s"]];
  const first = pairs.findIndex(([value]) => value > 0);
  return pairs.slice(first, first + 2).filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`).join(" ");
}

/** The time between two moments; up to now without the second. */
export function between(from: string | null, to: string | null, now: number): string {
  return from === null ? "" : duration((to === null ? now : Date.parse(to)) - Date.parse(from));
}

/** How long ago, or how far ahead: "just now", "4 s ago", "in 3 h". */
export function ago(time: string | number | null | undefined, now: number): string {
  if (time === null || time === undefined)
    return "";
  const gap = now - new Date(time).getTime();
  if (Math.abs(gap) < 1_000)
    return "just now";
  return gap > 0 ? `${coarse(gap)} ago` : `in ${coarse(-gap, Math.round)}`;
}

/** A duration in one unit; `whole` rounds minutes, hours and days. */
export function coarse(milliseconds: number, whole = Math.floor): string {
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds < 60)
    return `${seconds} s`;
  if (seconds < 3_600)
    return `${whole(seconds / 60)} m`;
  return seconds < 172_800 ? `${whole(seconds / 3_600)} h` : `${whole(seconds / 86_400)} d`;
}

/** A time filter as the API takes it: -6h is that long before now. Text that is not a time is kept for the gateway to refuse; dropping it would make more match. */
export function absolute(text: string, now: number): string {
  const [, count, unit] = /^-(\d+)([smhd])$/.exec(text) ?? [];
  const time = unit ? now - Number(count) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[unit as "s" | "m" | "h" | "d"]
    // Browsers read other texts as unexpected times: "-6" is a day in June.
    : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  return Number.isFinite(time) && Math.abs(time) <= farthest ? new Date(time).toISOString() : text;
}

/** The text of a field for a day and a time of day: 2026-11-26T03:00. */
export function fieldOf(time: number, inUtc: boolean): string {
  const [day, clock] = parts(new Date(time), inUtc);
  return `${day}T${clock.slice(0, 5)}`;
}

/** The time in such a field, as the API takes it; throws a RangeError if the field is not a time. */
export const timeOf = (field: string, inUtc: boolean): string => new Date(inUtc ? `${field}Z` : field).toISOString();

/** The name of such a field's zone. */
export const zoneName = (inUtc: boolean): string => inUtc ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;

function parts(date: Date, inUtc: boolean): [string, string] {
  return inUtc
    ? [`${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`,
      `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`]
    : [`${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
      `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`];
}

function offsetOf(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
