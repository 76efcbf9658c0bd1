import { jsonOf, parseJson } from "./json";
import { signal } from "@preact/signals";
import { Problem } from "./problem";

/** Whether the gateway has refused a call for want of a key. */
export const needsKey = signal(false);

/** The offset of the gateway's clock from the browser's, in milliseconds. */
export const clockOffset = signal(0);

/** Query values; undefined and empty ones are left out. */
export type Query = Record<string, string | number | boolean | readonly string[] | undefined | null>;

export interface Sent { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal; accept?: string }

const root = "/api/v1";

/** A path below /api/v1 with a query. */
export function pathOf(path: string, query: Query = {}): string {
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null && one !== "")
        values.append(name, String(one));
  }
  const text = values.toString();
  return text ? `${path}?${text}` : path;
}

/** Sends a request; throws a Problem unless the answer is a success. */
export async function call(method: string, path: string, sent: Sent = {}): Promise<Response> {
  const headers: Record<string, string> = { accept: sent.accept ?? "application/json", ...sent.headers };
  if (sent.body !== undefined)
    headers["content-type"] = "application/json";
  const response = await fetch(path.startsWith("/api/") || path.startsWith("/openapi/") ? path : root + path, {
    method, headers, signal: sent.signal, credentials: "same-origin", cache: "no-store",
    body: sent.body === undefined ? undefined : typeof sent.body === "string" ? sent.body : jsonOf(sent.body),
  });
  noteClock(response);
  if (response.ok)
    return response;
  noteRefusal(response.status);
  throw await Problem.of(response);
}

/** Asks for a key if the gateway has refused a request for lack of one. */
export function noteRefusal(status: number): void {
  if (status === 401)
    needsKey.value = true;
}

/** Reads JSON. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return parseJson(await (await call("GET", path, { signal })).text()) as T;
}

/** Sends a change, with the reason that its reader gave, and reads the JSON answer; null without one. */
export async function send<T>(method: string, path: string, body?: unknown, reason = ""): Promise<T> {
  const response = await call(method, path, { body, headers: reasonIn(reason) });
  const text = await response.text();
  return (text ? parseJson(text) : null) as T;
}

// The gateway reads headers as UTF-8, and fetch takes one character a byte.
const reasonIn = (text: string): Record<string, string> =>
  text ? { "otask-reason": String.fromCharCode(...new TextEncoder().encode(text)) } : {};

/** A cancel or retry of tasks, and the operation by which it can be undone; null when there is nothing to undo. */
export interface Changed<T> { answer: T; operation: string | null }

/** Cancels or retries tasks, with the reason that somebody gave. */
export async function change<T>(path: string, reason = ""): Promise<Changed<T>> {
  const response = await call("POST", path, { headers: reasonIn(reason) });
  const answer = parseJson(await response.text()) as T & { operation?: string | null };
  return { answer, operation: response.headers.get("otask-operation") ?? answer.operation ?? null };
}

/** What undoes a cancel or retry; undefined when nothing can be undone. */
export const undoOf = ({ operation }: Changed<unknown>) =>
  operation ? () => send("POST", `/operations/${operation}/undo`) : undefined;

/** Now, by the gateway's clock. */
export const now = (): number => Date.now() + clockOffset.value;

function noteClock(response: Response): void {
  const date = Date.parse(response.headers.get("date") ?? "");
  // The header has whole seconds, so smaller differences mean nothing.
  if (Number.isFinite(date))
    clockOffset.value = Math.abs(date - Date.now()) > 2_000 ? date - Date.now() : 0;
}
