/** A number of JSON that a double cannot hold, such as an integer beyond 2⁵³; it is shown and sent as it came. */
export class ExactNumber {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return mark + this.text;
  }
}

// A string that JSON.stringify writes for an exact number; jsonOf takes the quotes off. No text of the service begins like this.
const mark = "\u0000exact:";
const marked = /"\\u0000exact:([^"]*)"/g;
const key = "\u0000exact";
// Strings come first, so that digits in them are passed over.
const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** Reads JSON like JSON.parse, and keeps every digit of every number. */
export function parseJson(text: string): unknown {
  if (!/[\d.]{16}|[eE]\+?\d{3}/.test(text))
    return JSON.parse(text);
  const kept = text.replace(token, (found) => found[0] !== "\"" && losesDigits(found) ? `{"\\u0000exact":"${found}"}` : found);
  return kept === text ? JSON.parse(text) : JSON.parse(kept, (_, value: unknown) =>
    typeof value === "object" && value !== null && key in value ? new ExactNumber(String(value[key as keyof typeof value])) : value);
}

/** Writes JSON like JSON.stringify, with exact numbers as they came. */
export const jsonOf = (value: unknown, space?: number): string => (JSON.stringify(value, null, space) as string | undefined ?? "null").replace(marked, "$1");

function losesDigits(number: string): boolean {
  // JSON.parse refuses anything that is not a JSON number.
  if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(number))
    return false;
  if (/^-?\d+$/.test(number))
    return !Number.isSafeInteger(Number(number));
  return !Number.isFinite(Number(number)) || number.replace(/[eE].*|[-.]/g, "").replace(/^0+/, "").length > 17;
}
