/** An answer of the service. A body that is text is sent as it is. */
export interface Answer { status: number; type: string; body: unknown }

/** What a part of an answer may be by the contract: null, or a count of up to 2⁶³. */
export interface Shape { null?: boolean; count?: boolean; items?: Shape; parts?: Record<string, Shape> }

/** How a service behaves: what it says in the place of a recorded answer, or that it says nothing. */
export type Change = (answer: Answer, shape: Shape, isFirst: boolean, path: string) => Answer | "cut" | "silent";

export const problem = (status: number, code: string, title: string): Answer => ({
  status, type: "application/problem+json",
  body: { type: `/problems/${code}`, code, title, status, detail: `What ${code} means here.`, traceId: "4bf92f3577b34da6a3ce929d0e0e4736", errors: {} },
});

/** What a task, a job or a label may be called by somebody who means harm, or by accident. */
export const evil = `<img src=x onerror="hacked=1"><script>hacked=1</script>"'\`&amp;{{1}}\u202egnp\u0000\u001b[31m\u0007\u200b\ud83d\udc69\u200d\ud83d\udcbb javascript:hacked=1 __proto__ ${"long".repeat(600)}`;

/** A count that no double holds. */
export const huge = "9007199254740993";

const mark = "\u0001huge\u0001";

/** The body as it is sent. */
export const textOf = ({ body, type }: Answer): string =>
  type.includes("json") && typeof body !== "string" ? JSON.stringify(body).replaceAll(JSON.stringify(mark), huge) : String(body);

type Visit = (value: unknown, shape: Shape, name: string) => unknown;

// Outside in: `visit` gives what stands in a value's place.
function walk(value: unknown, shape: Shape, visit: Visit, name = ""): unknown {
  const found = visit(value, shape, name);
  if (found !== value || typeof found !== "object" || found === null)
    return found;
  if (Array.isArray(found))
    return found.map((one) => walk(one, shape.items ?? {}, visit, name));
  return Object.fromEntries(Object.entries(found).map(([key, part]) => [key, walk(part, shape.parts?.[key] ?? {}, visit, key)]));
}

const inBody = (visit: Visit): Change => (answer, shape) =>
  answer.type.includes("json") ? { ...answer, body: walk(answer.body, shape, visit) } : answer;

/** No list has anything in it. */
export const empty = inBody((value, _, name) =>
  Array.isArray(value) ? [] : name === "total" ? 0 : name === "nextCursor" ? null : ["byState", "labels", "aggregate", "byNode"].includes(name) ? {} : value);

/** Whatever may be null is null. */
export const nulls = inBody((value, shape) => shape.null ? null : value);

/** Whatever may be large is larger than a number of JavaScript: bytes, items, sums. What has a small bound, such as slots, stays. */
export const hugeCounts = inBody((value, shape, name) =>
  typeof value === "number" && (shape.count && /bytes|^items|^chunks|version|^count$|^(first|length|largest)$/i.test(name) || name === "total") ? mark : value);

/**
 * What nobody can choose freely stays: ids, times, states, types, versions, and the names of queues, nodes and schedules, which the service
 * takes only of letters, digits and a few signs.
 */
const words = /^(?:[0-9a-f-]{36}|\d{4}-\d\d-\d\dT.*|-?[\d.]+(?:ms|[smhd])(?:\d.*)?|https?:.*)$/;
const known = new Set(["state", "kind", "code", "severity", "action", "outcome", "unit", "heldBackBy", "health", "confidence", "op", "type", "types", "view", "scope", "scopes", "method",
  "path", "id", "on", "onFailure", "from", "step", "names", "nextCursor", "lastId", "operation", "builtin", "queue", "waves", "stages", "task", "fingerprint", "workflow", "job", "key",
  "keyId", "reason", "signal", "node", "nodes", "queues", "failedNodes", "version", "versions", "engine", "runtime", "service", "wireLevel", "label", "secondRunOn", "taskState", "schedule", "cron", "every", "timeZone", "overlap", "catchUp", "startWithin", "jitter", "pause", "maxFailed", "source"]);

/** Every text that somebody outside can choose is an attack. */
export const hostile: Change = (answer, _, __, path) => {
  const areNamesFixed = /^\/api\/v1\/(queues|nodes|schedules|cluster|workflows\/[^/]+\/nodes)|^\/openapi/.test(path);
  if (answer.type.startsWith("text/event-stream"))
    return { ...answer, body: String(answer.body).replace(/"text":"[^"]*"/g, () => `"text":${JSON.stringify(evil + "\n")}`) };
  return inBody((value, _, name) => {
    if (name === "labels" && typeof value === "object")
      return { [evil.slice(0, 200)]: evil };
    return typeof value === "string" && !known.has(name) && !words.test(value) && !(areNamesFixed && ["name", "method", "summary"].includes(name)) ? evil : value;
  })(answer, {}, false, path);
};

/** Lists hold a hundred things. */
export const many = inBody((value, _, name) => {
  if (name !== "items" || !Array.isArray(value) || value.length === 0 || typeof value[0] !== "object")
    return value;
  return Array.from({ length: 100 }, (_, i) => {
    const one = value[i % value.length] as Record<string, unknown>;
    return i < value.length ? one : { ...one, ...(typeof one.id === "string" ? { id: `${one.id.slice(0, -4)}${i + 1_000}` } : {}), ...(typeof one.name === "string" ? { name: `${one.name}-${i}` } : {}) };
  });
});

/** JSON that the console cannot show: it came from another program, or from another version of the service. */
export const foreign: Change = (answer) => answer.type.includes("json") ? { ...answer, body: {} } : answer;

/** Each call is answered so, but not that for who the reader is. */
export const always = (answer: Answer | "cut" | "silent"): Change => () => answer;

/** What the page is about is there, and nothing else can be had. */
export const sidesFail: Change = (answer, _, isFirst) => isFirst ? answer : problem(503, "store-unavailable", "The store is away");
