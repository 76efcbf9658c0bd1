const grouped = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A count with groups of digits: 1,204. */
export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? "" : grouped.format(value);

/** A count that fits a small place: 610K. */
export const compact = (value: number): string => value < 10_000 ? grouped.format(value) : short.format(value);

/** Bytes in binary units: 16 MiB. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined)
    return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (size >= 1_024 && unit < units.length - 1) {
    size /= 1_024;
    unit++;
  }
  return `${unit > 0 && size < 10 ? size.toFixed(1).replace(/\.0$/, "") : Math.round(size)} ${units[unit]}`;
}

/** One of something, or several of it. */
export const plural = (value: number, one: string, many = one + "s"): string => `${count(value)} ${value === 1 ? one : many}`;
