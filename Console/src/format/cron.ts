const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const short: Record<string, string> = {
  "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
};

/** A cron expression in words: "at 02:30, Monday to Friday"; empty for one that is better read as it stands. */
export function cronWords(text: string): string {
  const name = text.trim().toLowerCase();
  const fields = (Object.hasOwn(short, name) ? short[name]! : text.trim()).replaceAll("?", "*").split(/\s+/);
  if (fields.length === 6 && fields[0] === "0")
    fields.shift();
  if (fields.length !== 5)
    return "";
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const time = timeOf(minute, hour);
  const dates = datesOf(day, month, weekday);
  return time === null || dates === null ? "" : time + dates;
}

function timeOf(minute: string, hour: string): string | null {
  const step = /^\*\/(\d+)$/;
  if (hour === "*" && minute === "*")
    return "every minute";
  if (hour === "*" && step.test(minute))
    return `every ${step.exec(minute)![1]} minutes`;
  if (!/^\d+(,\d+)*$/.test(minute))
    return null;
  const minutes = minute.split(",").map(Number);
  if (hour === "*")
    return minute === "0" ? "every hour" : `at ${listed(minutes.map((one) => `${one}`))} past every hour`;
  if (step.test(hour))
    return `every ${step.exec(hour)![1]} hours${minute === "0" ? "" : ` at ${listed(minutes.map((one) => `${one}`))} past`}`;
  const range = /^(\d+)-(\d+)$/.exec(hour);
  if (range)
    return `every hour from ${clock(range[1]!, minutes[0]!)} to ${clock(range[2]!, minutes.at(-1)!)}${minutes.length > 1 ? `, at ${listed(minutes.map((one) => `${one}`))} past` : ""}`;
  if (!/^\d+(,\d+)*$/.test(hour) || hour.split(",").length * minutes.length > 6)
    return null;
  return `at ${listed(hour.split(",").flatMap((one) => minutes.map((of) => clock(one, of))))}`;
}

function datesOf(day: string, month: string, weekday: string): string | null {
  const inMonth = month === "*" ? "" : named(month, months, 1);
  const onDays = weekday === "*" ? "" : named(weekday, days, 0);
  if (inMonth === null || onDays === null)
    return null;
  let onDate = "";
  if (day === "L")
    onDate = "on the last day of the month";
  else if (/^\d+(,\d+)*$/.test(day))
    onDate = `on the ${listed(day.split(",").map(ordinal))}`;
  else if (day !== "*")
    return null;
  const parts = [onDate && onDays ? `${onDate} and every ${onDays}` : onDate || onDays, inMonth && `in ${inMonth}`].filter(Boolean);
  return parts.length > 0 ? `, ${parts.join(", ")}` : "";
}

// Values by number or by the first three letters of a name: "1-5" and "MON-FRI" are Monday to Friday.
function named(field: string, names: string[], first: number): string | null {
  const one = (text: string): string | null => {
    const at = /^\d+$/.test(text) ? Number(text) - first : names.findIndex((name) => name.slice(0, 3).toUpperCase() === text.toUpperCase());
    return at < 0 ? null : names[at % (first === 0 ? 7 : 12)] ?? null;
  };
  const parts = field.split(",").map((part) => {
    const [from, to, ...more] = part.split("-").map(one);
    return more.length > 0 || from === null || to === null || from === undefined ? null : to === undefined ? from : `${from} to ${to}`;
  });
  return parts.some((part) => part === null) ? null : listed(parts as string[]);
}

const clock = (hour: string, minute: number): string => `${hour.padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
const listed = (parts: string[]): string => parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;

function ordinal(text: string): string {
  const end = /1[123]$/.test(text) ? "th" : { 1: "st", 2: "nd", 3: "rd" }[text.at(-1)!] ?? "th";
  return text + end;
}
