/// <reference types="vite/client" />
import { h, render } from "preact";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import text from "./answers.json?raw";
import { openWindow } from "./browser";
import { type Recorded, Service } from "./service";
import * as worlds from "./worlds";

const recorded = JSON.parse(text) as Recorded;
const recorder = import.meta.env.VITE_RECORD as string | undefined;
const window = openWindow();

/** A page: its address with the names of recorded ids, its heading, and words that it must show of the recorded data. */
type Page = [address: string, heading: string, ...shown: string[]];

const things: Page[] = [
  ["/ui/tasks/{done}", "backup", "succeeded", "saved 12 files", "team=data"],
  ["/ui/tasks/{done}?tab=result", "backup", "\"files\""],
  ["/ui/tasks/{done}?tab=spec", "backup", "TASK_RESULT"],
  ["/ui/tasks/{done}?tab=files", "backup", "out/list.csv", "1 file", "13 B"],
  ["/ui/tasks/{failed}", "sync", "exit 7", "connection refused", "attempt 2 of 2"],
  ["/ui/tasks/{failed}?tab=attempts", "sync", "Attempts (2)"],
  ["/ui/tasks/{failed}?tab=timeline", "sync", "failed"],
  ["/ui/tasks/{failed}?attempt=1&find=connecting", "sync", "connecting"],
  ["/ui/tasks/{waits}", "train", "gpu=none"],
  ["/ui/tasks/{runs}", "serve", "running for", "ready"],
  ["/ui/tasks/{cancelled}", "report", "not needed", "mira"],
  ["/ui/tasks/{check}", "check", "duplicate key", "load"],
  ["/ui/tasks/{each}", "each", "2 succeeded"],
  ["/ui/jobs/{job}", "squares", "100 %", "total", "332,833,500"],
  ["/ui/jobs/{broken}", "parse", "failed"],
  ["/ui/jobs/{fed}", "uploads", "Close the source"],
  ["/ui/workflows/{workflow}", "load", "extract", "publish"],
  ["/ui/workflows/{workflow}?focus=check", "load", "duplicate key"],
  ["/ui/workflows/{workflow}?tab=list", "load", "exit 3"],
  ["/ui/workflows/{workflow}?tab=timeline&focus=count", "load", "extract"],
  ["/ui/rollouts/{rollout}", "kernel", "succeeded"],
  ["/ui/schedules/nightly", "nightly", "Europe/Berlin", "echo nightly"],
  ["/ui/schedules/ticking", "ticking", "paused", "The last run failed"],
  ["/ui/schedules/weekly", "weekly", "Workflow"],
  ["/ui/schedules/sums", "sums", "every 12h"],
  ["/ui/definitions/reports%2Fdaily", "reports/daily", "the day to report on", "day=2026-11-26", "Run again", "a better form", "${param.day}"],
  ["/ui/queues/etl", "etl", "30"],
  ["/ui/nodes/{node}", "{node}", "1 of 2", "serve"],
  ["/ui/webhooks/{hook}", "127.0.0.1", "failing", "task succeeded"],
];
const lists: Page[] = [
  ["/", "Overview", "told", "connection refused", "etl"],
  ["/ui/tasks", "Tasks", "backup", "sync", "train"],
  ["/ui/tasks?state=failed&queue=etl", "Tasks", "sync"],
  ["/ui/jobs", "Jobs", "squares", "parse"],
  ["/ui/workflows", "Workflows", "load"],
  ["/ui/rollouts", "Rollouts", "kernel"],
  ["/ui/schedules", "Schedules", "nightly", "ticking"],
  ["/ui/definitions", "Definitions", "reports/daily", "Prints the report of a day"],
  ["/ui/calendars", "Calendars", "holidays", "Europe/Berlin"],
  ["/ui/queues", "Queues", "etl", "held"],
  ["/ui/nodes", "Nodes", "{node}"],
  ["/ui/cluster", "Cluster", "Orleans"],
  ["/ui/events", "Events", "backup"],
  ["/ui/webhooks", "Webhooks", "/hook"],
  ["/ui/files", "Files", "sha256:", "artifact", "13 B"],
  ["/ui/triggers", "Triggers", "report", "reports/daily", "github", "/triggers/report"],
  ["/ui/notifications", "Notifications", "ops", "failed, late", "Slack at 127.0.0.1:9", "5m"],
  ["/ui/keys", "Keys", "deploy"],
  ["/ui/audit", "Audit", "the warehouse is slow"],
  ["/ui/api", "API", "/api/v1/tasks"],
];
const copies: Page[] = [
  ["/ui/new/task?from={done}", "Run again", "backup"],
  ["/ui/new/job?from={job}", "Run again", "squares"],
  ["/ui/new/workflow?from={workflow}", "Run again", "load"],
  ["/ui/new/rollout?from={rollout}", "Run again", "uname"],
  ["/ui/new/schedule?from=nightly", "nightly", "echo nightly"],
];
const forms: Page[] = [
  ["/ui/new/task", "New task"], ["/ui/new/job", "New job"], ["/ui/new/workflow", "New workflow"], ["/ui/new/rollout", "New rollout"], ["/ui/new/schedule", "New schedule"],
];
const pages = [...things, ...lists, ...copies, ...forms];

const named = (address: string) => address.replace(/\{(\w+)\}/g, (_, name: string) => recorded.ids[name]!);
const at = Date.parse(recorded.at);

let faults: string[] = [];
const note = (...said: unknown[]) => faults.push(said.map((one) => one instanceof Error ? one.stack : String(one)).join(" "));
const noteRejection = (thrown: unknown) => note("unhandled:", thrown);
const system = (globalThis as unknown as { process: { on: (name: string, hear: (thrown: unknown) => void) => void } }).process;

/** Opens pages one after the other, as a reader does who comes from elsewhere each time: nothing is known yet. */
async function browser(change: worlds.Change) {
  vi.resetModules();
  const [{ Shell }, router, client, { startSession }, { routes }] = await Promise.all([
    import("../../src/shell/Shell"), import("../../src/router"), import("../../src/api/client"), import("../../src/api/session"), import("../../src/shell/routes")]);
  // Each page's script is a file of its own; loaded here, so that the clock of the test need not wait for files.
  await Promise.all(routes.map(([, load]) => load()));
  const service = new Service(recorded, change, recorder);
  vi.stubGlobal("fetch", service.fetch);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  return {
    service, routes,
    open: async (address: string) => {
      service.behave(change);
      client.needsKey.value = false;
      // A service that answers nothing does not tell either who the reader is.
      void startSession();
      await settle(service);
      service.asked.length = 0;
      router.go(named(address));
      render(h(Shell, {}), root);
      await settle(service);
      return root;
    },
    close: () => render(null, root),
  };
}

/** Waits until every answer has come and is shown. */
async function settle(service: Service): Promise<void> {
  for (let quiet = 0, rounds = 0; quiet < 3 && rounds < 400; rounds++) {
    await vi.advanceTimersByTimeAsync(100);
    // Streams of Node come by no clock that is replaced, and a real service answers by the real one.
    await new Promise((done) => realTimeout(done, recorder ? 200 : 0));
    quiet = service.isQuiet ? quiet + 1 : 0;
  }
  await vi.advanceTimersByTimeAsync(500);
}
const realTimeout = globalThis.setTimeout;

/** Characters that hide or turn others. */
const hidden = /[\u0000-\u0008\u000e-\u001f\u202a-\u202e\u2066-\u2069\u200b]/;

/** What is wrong with a page whatever it shows, by its HTML: a walk over all nodes takes ten times as long. */
function wrongs(root: Element): string[] {
  const found: string[] = [];
  for (const [, tag = "", text = ""] of root.innerHTML.matchAll(/(<(?:"[^"]*"|[^">])*>)([^<]*)/g)) {
    const says = /\[object Object\]|\bundefined\b|\bNaN\b|Invalid Date/.exec(text);
    if (says && !/^<p/.test(tag))
      found.push(`says ${says[0]} in ${tag}${text.slice(0, 100)}`);
    if (hidden.test(text))
      found.push(`shows a hidden character in ${tag}${text.slice(0, 100)}`);
    if (/^<(script|iframe|object|embed|base|link|meta|style)\b/i.test(tag) || (/^<img\b/i.test(tag) && !tag.includes('src="/src/icon.svg')))
      found.push(`has the element ${tag.slice(0, 100)}`);
    for (const [, name = "", value = ""] of tag.matchAll(/\s([^\s=">]+)="([^"]*)"/g))
      if (/^on/i.test(name) || (/^(href|src|action|formaction)$/i.test(name) && !/^(\/(?!\/)|#|\?|https?:|data:image\/svg)/.test(value)))
        found.push(`has the attribute ${name}=${value.slice(0, 100)}`);
  }
  return found;
}

const headingOf = (root: Element) => root.querySelector("main h1")?.textContent ?? "";
const alertOf = (root: Element) => [...root.querySelectorAll("[role=alert]")].map((alert) => alert.textContent).join("\n");

beforeAll(() => {
  system.on("unhandledRejection", noteRejection);
  system.on("uncaughtException", noteRejection);
  window.addEventListener("error", (event) => note("uncaught:", (event as unknown as ErrorEvent).error));
});
beforeEach(() => {
  vi.useFakeTimers({ now: recorder ? Date.now() : at, toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "requestAnimationFrame", "cancelAnimationFrame", ...(recorder ? [] : ["Date" as const])] });
  faults = [];
  vi.spyOn(console, "error").mockImplementation(note);
  vi.spyOn(console, "warn").mockImplementation(note);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("each address of the console is among those that are mounted", async () => {
  const { routes } = await import("../../src/shell/routes");
  const { match } = await import("../../src/router");
  const left = routes.map(([pattern]) => pattern).filter((pattern) => pattern !== "/ui" && !pages.some(([address]) => match(pattern, named(address).replace(/\?.*/, ""))));
  expect(left).toEqual([]);
});

test("no page has the address of a thing, whatever that is called", async () => {
  const { routes } = await import("../../src/shell/routes");
  const { match } = await import("../../src/router");
  const patterns = routes.map(([pattern]) => pattern);
  expect(patterns.filter((one) => patterns.some((other) => other !== one && match(other, one)))).toEqual([]);
});

interface World { name: string; change: worlds.Change; of: Page[]; shows: (root: Element, page: Page) => void }

/** The words of a page, those in its fields included. */
const wordsOf = (root: Element) => `${root.textContent} ${[...root.querySelectorAll<HTMLInputElement>("input, textarea, select")].map((field) => field.value).join(" ")}`;
const shown = (root: Element, ...words: string[]) => words.forEach((word) => expect(wordsOf(root.querySelector("main")!)).toContain(named(word)));
const headed = (root: Element, [, heading]: Page) => expect(headingOf(root)).toContain(named(heading));
const asking = [...things, ...lists, ...copies];
/** One address of each of these pages. */
const kindOf = (address: string) => address.replace(/\?.*/, "").replace(/\{\w+\}|nightly|ticking|weekly|sums/, "*");
const each = asking.filter(([address], i) => asking.findIndex(([other]) => kindOf(other) === kindOf(address)) === i);
const json = "application/json";
const silent = worlds.always("silent");

/** A page that cannot show what it is about has a heading all the same, and says why it cannot. */
const explains = (...words: string[]) => (root: Element) => {
  expect(headingOf(root)).not.toBe("");
  words.forEach((word) => expect(alertOf(root)).toContain(word));
};

const all: World[] = [
  { name: "as recorded", change: (answer) => answer, of: pages, shows: (root, page) => {
    headed(root, page);
    shown(root, ...page.slice(2));
    expect(alertOf(root.querySelector("main .head ~ [role=alert]") ?? document.createElement("p"))).toBe("");
  } },
  { name: "with empty lists", change: worlds.empty, of: pages, shows: headed },
  { name: "with null wherever it may", change: worlds.nulls, of: pages, shows: headed },
  { name: "with counts beyond 2⁵³", change: worlds.hugeCounts, of: pages, shows: headed },
  { name: "with a hundred of everything", change: worlds.many, of: lists, shows: headed },
  { name: "with names that attack", change: worlds.hostile, of: pages, shows: (root) => expect(headingOf(root)).not.toBe("") },
  { name: "about the thing itself alone", change: worlds.sidesFail, of: things, shows: headed },
  { name: "with JSON of another shape", change: worlds.foreign, of: [...things, ...lists, ...copies], shows: (root) => expect(headingOf(root)).not.toBe("") },
  { name: "401", change: worlds.always(worlds.problem(401, "unauthenticated", "A key is needed")), of: each, shows: (root) => expect(root.querySelector("input[type=password]")).not.toBeNull() },
  { name: "403", change: worlds.always(worlds.problem(403, "forbidden", "Forbidden")), of: each, shows: explains("Your key does not allow this") },
  { name: "404", change: worlds.always(worlds.problem(404, "not-found", "Not found")), of: each, shows: explains("Not found") },
  { name: "500", change: worlds.always(worlds.problem(500, "internal", "Internal error")), of: asking, shows: explains("Internal error", "What internal means here.", "4bf92f3577b34da6a3ce929d0e0e4736") },
  { name: "502 by a proxy, as a page", change: worlds.always({ status: 502, type: "text/html", body: "<html><h1>Bad gateway</h1>" }), of: each, shows: explains("Status 502") },
  { name: "with an answer that is cut", change: worlds.always({ status: 200, type: json, body: '{"items":[{"id":"' }), of: each, shows: explains("The gateway") },
  { name: "by nothing: the network is down", change: worlds.always("cut"), of: each, shows: explains("The gateway does not answer") },
  { name: "never", change: silent, of: each, shows: (root) => expect(root.querySelector(".loading, form h1")).not.toBeNull() },
];

describe.each(all)("with a service that answers $name", ({ change, of, shows }) => {
  let open: Awaited<ReturnType<typeof browser>>;
  beforeAll(async () => { open = await browser(change); });
  afterEach(() => open.close());
  test.each(of)("%s", async (...page) => {
    const root = await open.open(page[0]);
    expect(faults).toEqual([]);
    if (all[0]!.change === change)
      expect(open.service.unknown).toEqual([]);
    expect(wrongs(root)).toEqual([]);
    if (change !== silent)
      expect(root.querySelectorAll(".loading").length).toBe(0);
    expect("hacked" in globalThis || "hacked" in window).toBe(false);
    shows(root, page as unknown as Page);
  });
});

describe("the files that a task left", () => {
  const bodies: Record<string, [type: string, body: string]> = { "out/list.csv": ["text/csv", "name,size\n<b>a</b>,\"1\n2\""], "out/bin.txt": ["text/plain", "\u0000\u0001"] };
  const files = Object.entries(bodies).map(([path, [, body]]) => ({ path, file: `sha256:${"0".repeat(64)}`, bytes: body.length, executable: false }));
  const change: worlds.Change = (answer, _, __, path) => {
    const found = Object.entries(bodies).find(([name]) => path.endsWith(`/artifacts/${name}`));
    if (found)
      return { status: 206, type: found[1][0], body: found[1][1] };
    return /\/artifacts\?/.test(path) ? { ...answer, body: { items: files, nextCursor: null, count: 2, totalBytes: 30 } } : answer;
  };
  test("are shown as tables and text, and nothing in them runs", async () => {
    const open = await browser(change);
    const root = await open.open("/ui/tasks/{done}?tab=files");
    const show = async (path: string) => {
      root.querySelector<HTMLButtonElement>(`button[aria-label="Show ${path}"]`)!.click();
      await settle(open.service);
    };
    await show("out/list.csv");
    expect([...root.querySelectorAll("td td")].map((cell) => cell.textContent)).toEqual(["<b>a</b>", "1\n2"]);
    await show("out/bin.txt");
    expect(root.querySelector("main")!.textContent).toContain("This file is not text.");
    expect(wrongs(root)).toEqual([]);
    open.close();
  });
});

describe("the form of a definition", () => {
  const parameters = [
    { name: "day", type: "date", required: true, min: "2026-01-01" }, { name: "rows", type: "integer", default: 10, min: 1, max: 100, description: "How many" },
    { name: "format", type: "choice", choices: ["text", "csv"], required: true }, { name: "note" }, { name: "at", type: "time" },
    { name: "all", type: "boolean", default: false }, { name: "input", type: "file" }, { name: "token", secret: true, required: true },
  ];
  const values = { day: "2026-11-26", rows: 7, format: "csv", note: "one\ntwo $(id)", at: "09:30:15", gone: "x" };
  const run = { kind: "task", id: recorded.ids.done, definition: "reports/daily", version: 1, state: "failed", startedAt: recorded.at, startedBy: null, parameters: values };
  const change = (refuse: boolean): worlds.Change => (answer, _, __, path) => {
    if (path === "/api/v1/definitions/reports%2Fdaily/runs")
      return refuse ? { status: 422, type: "application/problem+json", body: { code: "invalid-run", title: "The run is not valid", status: 422, detail: "2 faults",
        errors: { "parameters.rows": ["must be at most 100"], "parameters.format": ["must be one of text, csv"] } } }
        : { status: 202, type: json, body: { kind: "task", id: recorded.ids.done, definition: "reports/daily", version: 2 } };
    if (path === "/api/v1/definitions/reports%2Fdaily")
      return { ...answer, body: { ...answer.body as object, parameters } };
    return /reports%2Fdaily\/runs\?/.test(path) ? { ...answer, body: { items: [run], nextCursor: null } } : answer;
  };
  const fields = (root: Element) => Object.fromEntries([...root.querySelectorAll<HTMLInputElement>("form.body label.field")].map((label) =>
    [label.firstChild!.textContent!, label.querySelector<HTMLInputElement>("input, textarea, select")!]));
  const send = async (open: Awaited<ReturnType<typeof browser>>, root: Element): Promise<unknown[]> => {
    const sent: unknown[] = [];
    const { fetch } = open.service;
    vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => {
      if (init.method === "POST")
        sent.push(JSON.parse(String(init.body)));
      return fetch(path, init);
    });
    const form = root.querySelector("form.body")!;
    form.dispatchEvent(new window.Event("submit", { cancelable: true, bubbles: true }) as unknown as Event);
    form.dispatchEvent(new window.Event("submit", { cancelable: true, bubbles: true }) as unknown as Event);
    await settle(open.service);
    return sent;
  };

  test("has a field for each parameter, with what it takes", async () => {
    const open = await browser(change(false));
    const root = await open.open("/ui/definitions/reports%2Fdaily");
    const found = fields(root);
    expect(Object.keys(found)).toEqual(["day", "rows (optional)", "format", "note (optional)", "at (optional)", "all (optional)", "input (optional)", "token"]);
    expect(Object.values(found).map((field) => field.getAttribute("type") ?? field.localName)).toEqual(["date", "text", "select", "text", "time", "select", "text", "password"]);
    expect(found["day"]!.getAttribute("min")).toBe("2026-01-01");
    expect(found["rows (optional)"]!.value).toBe("10");
    expect([...found["format"]!.querySelectorAll("option")].map((option) => option.textContent)).toEqual(["Choose…", "text", "csv"]);
    expect(root.querySelector("form.body")!.textContent).toContain("How many; a whole number from 1 to 100; 10 if empty");
    expect(root.querySelector("input[type=file]")).not.toBeNull();
    open.close();
  });

  test("offers what a task printed, with its time, and says what to do as long as it has printed nothing", async () => {
    const database = { name: "database", type: "choice", choicesFrom: "databases/list", required: true };
    const printed = { definition: "databases/list", values: ["orders", "<b>stock</b>", "back\u202eward"], task: recorded.ids.done, printedAt: recorded.at, truncated: false, leftOut: 2, problem: null };
    let isPrinted = false;
    const change: worlds.Change = (answer, _, __, path) => {
      if (!path.startsWith("/api/v1/definitions/reports%2Fdaily") || /daily\/(runs|history)/.test(path))
        return answer;
      const choices = !path.includes("choices=true") ? null : isPrinted ? [printed]
        : [{ ...printed, values: [], task: null, printedAt: null, leftOut: 0, problem: "has no choices yet: run the definition 'databases/list' first, which prints them" }];
      return { status: 200, type: json, body: { ...recorded.answers["GET /api/v1/definitions/reports%2Fdaily"]!.body as object, parameters: [database], choices } };
    };
    let open = await browser(change);
    let root = await open.open("/ui/definitions/reports%2Fdaily");
    expect([...fields(root)["database"]!.querySelectorAll("option")].map((option) => option.textContent)).toEqual(["Choose…"]);
    expect(root.querySelector("form.body")!.textContent).toContain(
      "This parameter has no choices yet: run the definition 'databases/list' first, which prints them. Once databases/list has succeeded, its lines appear here.");
    expect(root.querySelector("form.body a")!.getAttribute("href")).toBe("/ui/definitions/databases%2Flist");
    open.close();
    isPrinted = true;
    open = await browser(change);
    root = await open.open("/ui/definitions/reports%2Fdaily");
    expect([...fields(root)["database"]!.querySelectorAll<HTMLOptionElement>("option")].map((option) => option.value)).toEqual(["", ...printed.values]);
    expect([...root.querySelectorAll("form.body option b")]).toEqual([]);
    expect(root.querySelector("form.body")!.textContent).toContain("2 lines were left out: too long, or not text.");
    expect(root.querySelector("form.body time")!.getAttribute("dateTime") ?? root.querySelector("form.body time")!.getAttribute("datetime")).toBe(new Date(recorded.at).toISOString());
    open.close();
  });

  test("is filled with the values of the run that the address names, and sends them once as they were", async () => {
    const open = await browser(change(false));
    const root = await open.open("/ui/definitions/reports%2Fdaily?again={done}");
    const found = fields(root);
    expect(found["note (optional)"]!.localName).toBe("textarea");
    expect(found["note (optional)"]!.value).toBe(values.note);
    expect(root.querySelector("form.body")!.textContent).toContain("which was version 1. Left out, because this version does not have them: gone.");
    expect(await send(open, root)).toEqual([{ parameters: { day: "2026-11-26", rows: "7", format: "csv", note: "one\ntwo $(id)", at: "09:30:15", all: "false", token: "" } }]);
    expect(location.pathname).toBe(`/ui/tasks/${recorded.ids.done}`);
    open.close();
  });

  test("says at each field what the service refuses, and goes to the first one", async () => {
    const open = await browser(change(true));
    const root = await open.open("/ui/definitions/reports%2Fdaily?again={done}");
    expect(await send(open, root)).toHaveLength(1);
    const found = fields(root);
    const invalid = Object.entries(found).filter(([, field]) => field.getAttribute("aria-invalid") === "true");
    expect(invalid.map(([title, field]) => [title, field.closest("label")!.querySelector(".fault-text")!.textContent])).toEqual([
      ["rows (optional)", "parameters.rows must be at most 100"], ["format", "parameters.format must be one of text, csv"]]);
    expect(document.activeElement).toBe(found["rows (optional)"]);
    expect(found["note (optional)"]!.value).toBe(values.note);
    open.close();
  });

  test("is a favourite on the Overview after a press on the star, until the next", async () => {
    const open = await browser(change(false));
    const star = (root: Element) => root.querySelector<HTMLButtonElement>('button[aria-label="Favourite: reports/daily"]');
    let root = await open.open("/");
    expect(star(root)).toBeNull();
    root = await open.open("/ui/definitions");
    star(root)!.click();
    root = await open.open("/");
    expect(star(root)!.getAttribute("aria-pressed")).toBe("true");
    expect(star(root)!.closest("tr")!.textContent).toContain("failed");
    expect(star(root)!.closest("tr")!.querySelector("a.button")!.getAttribute("href")).toBe("/ui/definitions/reports%2Fdaily");
    star(root)!.click();
    await settle(open.service);
    expect(star(root)).toBeNull();
    expect(localStorage.getItem("otask.favourites")).toBe(JSON.stringify("[]"));
    open.close();
  });
});

describe("a page that people use", () => {
  type Reply = [status: number, body: unknown];
  type Replies = Record<string, (sent: unknown) => Reply | Promise<Reply>>;
  const body = <T>(asked: string) => recorded.answers[asked]!.body as T;

  /** Opens a page of a service that answers some calls in a way of its own, and notes what the page sends. */
  const opened = async (address: string, replies: Replies = {}, change: worlds.Change = (answer) => answer) => {
    const open = await browser(change);
    const { fetch } = open.service;
    const sent: [asked: string, body: unknown][] = [];
    vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => {
      const asked = `${init.method ?? "GET"} ${path}`;
      const given: unknown = init.body ? JSON.parse(String(init.body)) : null;
      if (init.method === "POST" || init.method === "PUT")
        sent.push([asked, given]);
      const reply = replies[asked]?.(given);
      return reply ? Promise.resolve(reply).then(([status, given]) => new Response(JSON.stringify(given), { status })) : fetch(path, init);
    });
    const root = await open.open(address);
    const happen = (at: Element, event: Event) => { at.dispatchEvent(event); return settle(open.service); };
    const event = (name: string) => new window.Event(name, { cancelable: true, bubbles: true }) as unknown as Event;
    return {
      root, sent, asked: open.service.asked, open: open.open, close: open.close, settle: () => settle(open.service),
      press: (word: string, within: ParentNode = root) => happen([...within.querySelectorAll("button")].find((button) => button.textContent === word)!, event("click")),
      type: (field: Element, value: string) => { (field as HTMLInputElement).value = value; return happen(field, event("input")); },
      choose: (field: Element, value: string) => { (field as HTMLSelectElement).value = value; return happen(field, event("change")); },
      field: (title: string, within: ParentNode = root) =>
        [...within.querySelectorAll("label.field")].find((label) => label.firstChild!.textContent === title)!.querySelector<HTMLInputElement>("input, textarea, select")!,
      submit: (form: Element) => happen(form, event("submit")),
      twice: (form: Element) => { form.dispatchEvent(event("submit")); return happen(form, event("submit")); },
      key: (at: Element, key: string) => happen(at, new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }) as unknown as Event),
      ctrlEnter: (form: Element) => happen(form, new window.KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }) as unknown as Event),
    };
  };
  const textOf = (root: Element) => root.querySelector("main")!.textContent;

  test.each([
    ["/ui/new/task?cmd=true", "The task as JSON", "tasks", "done"], ["/ui/new/job", "The job as JSON", "jobs", "job"], ["/ui/new/workflow", "The workflow as JSON", "workflows", "workflow"],
  ])("%s sends once for two presses, and nothing while its JSON cannot be read", async (address, label, kind, id) => {
    const call = `POST /api/v1/${kind}`;
    const page = await opened(address, { [call]: () => [202, { id: recorded.ids[id], name: "x" }] });
    const count = () => page.sent.filter(([asked]) => asked === call).length;
    const area = page.root.querySelector<HTMLTextAreaElement>(`textarea[aria-label="${label}"]`)!;
    const good = area.value;
    await page.type(area, good.slice(0, -3));
    await page.ctrlEnter(page.root.querySelector("form")!);
    await page.submit(page.root.querySelector("form")!);
    expect(count()).toBe(0);
    await page.type(area, good);
    await page.twice(page.root.querySelector("form")!);
    expect(count()).toBe(1);
    expect(location.pathname).toBe(`/ui/${kind}/${recorded.ids[id]}`);
    page.close();
  });

  /** Copies of a value: each has another of its parts, or all of it, replaced. */
  const spoiled = (value: unknown, odd: unknown): unknown[] => typeof value !== "object" || value === null ? [odd]
    : [odd, ...Object.entries(value).flatMap(([name, part]) => spoiled(part, odd).map((one) =>
      Array.isArray(value) ? value.map((item: unknown, i) => i === Number(name) ? one : item) : { ...value, [name]: one }))];

  test.each<[address: string, label: string, spec: object]>([
    ["/ui/new/task?cmd=true", "The task as JSON", {
      cmd: "true", name: "a", queue: "etl", priority: 5, env: { A: "b" }, requires: { gpu: "a" }, resources: { cpu: 2 }, retry: { maxAttempts: 2, backoff: "1s" },
      files: [{ path: "a", executable: true }], artifacts: ["out/**"],
    }],
    ["/ui/new/job", "The job as JSON", {
      name: "a", queue: "etl", source: { file: { path: "/a", format: "csv" } }, process: { command: { cmd: "cat" } }, aggregate: [{ op: "sum", as: "total" }], chunkSize: 5, onItemError: "skip",
    }],
    ["/ui/new/job", "The job as JSON", { source: { range: { from: 0, to: 9 } }, process: { builtin: "json", select: "/a" } }],
    ["/ui/new/job", "The job as JSON", { source: { items: ["a", { b: 1 }] }, process: { plugin: { name: "p" } } }],
    ["/ui/new/rollout", "The rollout as JSON", {
      name: "a", task: { cmd: "true", name: "b", queue: "etl", priority: 5, labels: { a: "b" }, retry: { maxAttempts: 2 } }, select: { a: "b" }, waves: [1, "100%"], maxFailed: 1, pause: "1m", catchUp: "1h",
    }],
    ["/ui/new/rollout", "The rollout as JSON", { task: { argv: ["uname", "-a"] } }],
    ["/ui/new/schedule", "The schedule as JSON", {
      cron: "0 3 * * *", timeZone: "UTC", jitter: "1m", overlap: "allow", catchUp: "one", only: ["a"], expectBy: "2h", task: { cmd: "true", name: "a", queue: "etl" }, files: { node: "w1", folder: "/a", match: "*.csv" },
    }],
    ["/ui/new/schedule", "The schedule as JSON", { every: "15m", task: { argv: ["true", "a b"] } }],
    ["/ui/new/workflow", "The workflow as JSON", { name: "a", nodes: [{ name: "a", task: { argv: ["true", "a b"] } }, { name: "b", after: ["a", { node: "a", on: "ended" }], job: { source: {} } }] }],
  ])("%s stays, whatever types the values of a spec have that somebody types", async (address, label, spec) => {
    const page = await opened(address);
    const area = () => page.root.querySelector<HTMLTextAreaElement>(`textarea[aria-label="${label}"]`);
    for (const typed of [5, "x", [null], {}].flatMap((odd) => spoiled(spec, odd)).map((one) => JSON.stringify(one))) {
      await page.type(area()!, typed);
      expect(area()?.value, `${typed}: ${textOf(page.root)}`).toBe(typed);
    }
    page.close();
  });

  test("says what the form cannot show of a spec, and sends nothing until it can", async () => {
    const page = await opened("/ui/new/job", { "POST /api/v1/jobs": () => [202, { id: recorded.ids.job, name: "x" }] });
    const area = page.root.querySelector<HTMLTextAreaElement>('textarea[aria-label="The job as JSON"]')!;
    await page.type(area, '{"source": 5, "process": {"builtin": "square"}}');
    expect(textOf(page.root)).toContain("source must be an object. The form keeps what it had.");
    expect(page.field("From").value).toBe("0");
    await page.submit(page.root.querySelector("form")!);
    expect(page.sent.map(([asked]) => asked)).not.toContain("POST /api/v1/jobs");
    await page.type(area, '{"source": {"range": {"from": 5, "to": 9}}, "process": {"builtin": "square"}}');
    expect(page.field("From").value).toBe("5");
    await page.submit(page.root.querySelector("form")!);
    expect(page.sent.filter(([asked]) => asked === "POST /api/v1/jobs")).toHaveLength(1);
    page.close();
  });

  test("makes no queue of a name that one has, and sends a limit as it was typed", async () => {
    const page = await opened("/ui/queues", {
      "PUT /api/v1/queues/etl": () => [412, { code: "already-exists", title: "The name is taken" }],
      "PUT /api/v1/queues/fresh": () => [422, { title: "Not valid", errors: { maxRunning: ["must be a whole number"] } }],
    });
    await page.press("New queue");
    const form = page.root.querySelector("dialog form")!;
    await page.type(page.field("Name", form), "etl");
    await page.submit(form);
    expect(page.field("Name", form).closest("label")!.textContent).toContain("belongs to another queue.");
    expect(page.field("Name", form).closest("label")!.querySelector("a")!.getAttribute("href")).toBe("/ui/queues/etl");
    await page.type(page.field("Name", form), "fresh");
    await page.type(page.field("Running at once", form), "5O");
    await page.submit(form);
    expect(page.sent).toEqual([["PUT /api/v1/queues/etl", { maxRunning: null, weight: null }], ["PUT /api/v1/queues/fresh", { maxRunning: "5O", weight: null }]]);
    expect(page.field("Running at once", form).getAttribute("aria-invalid")).toBe("true");
    page.close();
  });

  test("says at the limit what the service refuses, and removes no limit", async () => {
    const page = await opened("/ui/queues/etl", { "PUT /api/v1/queues/etl": () => [422, { title: "Not valid", errors: { maxRunning: ["must be a whole number"] } }] });
    await page.type(page.field("Running at once"), "none");
    await page.twice(page.root.querySelector("form.body")!);
    expect(page.sent).toMatchObject([["PUT /api/v1/queues/etl", { maxRunning: "none", weight: 2 }]]);
    expect(page.field("Running at once").closest("label")!.querySelector(".fault-text")!.textContent).toBe("maxRunning must be a whole number");
    page.close();
  });

  test("shows what was just stored when a calendar is edited again", async () => {
    const stored = { ...body<{ items: object[] }>("GET /api/v1/calendars").items[0], days: ["2026-12-24"], version: 1 };
    const page = await opened("/ui/calendars", {
      "GET /api/v1/calendars/holidays": () => [200, stored],
      "PUT /api/v1/calendars/holidays": (sent) => [200, Object.assign(stored, sent, { version: stored.version + 1 })],
    });
    const dialog = () => page.root.querySelector("dialog")!;
    await page.press("Edit");
    await page.type(page.field("Days, one per line", dialog()), "2027-01-01");
    await page.submit(dialog().querySelector("form")!);
    expect(page.root.querySelector("dialog")).toBeNull();
    await page.press("Edit");
    expect(page.field("Days, one per line", dialog()).value).toBe("2027-01-01");
    await page.submit(dialog().querySelector("form")!);
    expect(page.sent.map(([, sent]) => (sent as { version: number }).version)).toEqual([1, 2]);
    page.close();
  });

  test("loses no row of a list of which more was shown when new ones come", async () => {
    const [job] = body<{ items: object[] }>("GET /api/v1/jobs?limit=50").items;
    const jobs = (...names: string[]) => names.map((name) => ({ ...job, id: name, name }));
    let newest = ["j5", "j4", "j3"];
    const page = await opened("/ui/jobs", {
      "GET /api/v1/jobs?limit=50": () => [200, { items: jobs(...newest), nextCursor: newest.at(-1) }],
      "GET /api/v1/jobs?limit=500&cursor=j3": () => [200, { items: jobs("j2", "j1"), nextCursor: null }],
    });
    const names = () => [...page.root.querySelectorAll("tbody td.name")].map((cell) => cell.textContent).join(" ");
    await page.press("Show more");
    expect(names()).toBe("j5 j4 j3 j2 j1");
    newest = ["j7", "j6", "j5"];
    await vi.advanceTimersByTimeAsync(4_000);
    await page.settle();
    expect(names()).toBe("j7 j6 j5 j4 j3 j2 j1");
    page.close();
  });

  test("says at the button why further rows cannot be had, until another try has them", async () => {
    const [job] = body<{ items: object[] }>("GET /api/v1/jobs?limit=50").items;
    const jobs = (...names: string[]) => names.map((name) => ({ ...job, id: name, name }));
    let isAway = true;
    const page = await opened("/ui/jobs", {
      "GET /api/v1/jobs?limit=50": () => [200, { items: jobs("j3"), nextCursor: "j3" }],
      "GET /api/v1/jobs?limit=500&cursor=j3": () => isAway ? [503, { title: "The store is away" }] : [200, { items: jobs("j2"), nextCursor: null }],
    });
    const more = () => page.root.querySelector(".more");
    await page.press("Show more");
    // Longer than a toast is shown.
    await vi.advanceTimersByTimeAsync(20_000);
    await page.settle();
    expect(more()!.querySelector("[role=alert]")!.textContent).toContain("The store is away");
    isAway = false;
    await page.press("Try again");
    expect([...page.root.querySelectorAll("tbody td.name")].map((cell) => cell.textContent).join(" ")).toBe("j3 j2");
    expect(more()).toBeNull();
    page.close();
  });

  test("says that secrets have to be entered again", async () => {
    const change: worlds.Change = (answer, _, __, path) => path === `/api/v1/tasks/${recorded.ids.check}` ? { ...answer, body: { ...answer.body as object, hadSecrets: true } }
      : path.startsWith("/api/v1/tasks?label=rollout") ? { ...answer, body: { items: [{ hadSecrets: true }], nextCursor: null } } : answer;
    for (const [address, said] of [
      ["/ui/new/workflow?from={workflow}", "This node had secrets: check"], ["/ui/new/rollout?from={rollout}", "The rollout had secrets"], ["/ui/new/schedule?from=nightly", "If its task has secrets, enter them again"],
      ["/ui/new/schedule?from=weekly", "If its workflow has secrets, enter them again"], ["/ui/new/schedule?from=sums", ""],
    ] as const) {
      const page = await opened(address, {}, change);
      if (said)
        expect(textOf(page.root)).toContain(said);
      else
        expect(textOf(page.root)).not.toContain("enter them again");
      page.close();
    }
  });

  test("changes a schedule without losing how many missed times run", async () => {
    const stored = { ...body<object>("GET /api/v1/schedules/nightly"), catchUp: "all", catchUpLimit: 7 };
    const page = await opened("/ui/new/schedule?from=nightly", { "GET /api/v1/schedules/nightly": () => [200, stored], "PUT /api/v1/schedules/nightly": () => [200, stored] });
    await page.twice(page.root.querySelector("form")!);
    const puts = page.sent.filter(([asked]) => asked.startsWith("PUT"));
    expect(puts).toHaveLength(1);
    expect(puts[0]![1]).toMatchObject({ catchUp: "all", catchUpLimit: 7, version: 1 });
    page.close();
  });

  test("starts nothing while a file is on its way", async () => {
    const calls: { status: number; responseText: string; onload: () => void }[] = [];
    vi.stubGlobal("XMLHttpRequest", class { status = 0; responseText = ""; onload = () => {}; upload = {}; open() {} setRequestHeader() {} send() { calls.push(this); } });
    const page = await opened("/ui/new/task?cmd=true");
    const button = () => page.root.querySelector<HTMLButtonElement>("button[type=submit]")!;
    const input = page.root.querySelector<HTMLInputElement>("input[type=file]")!;
    Object.defineProperty(input, "files", { value: [new File(["x"], "a.txt")] });
    input.dispatchEvent(new window.Event("change", { bubbles: true }) as unknown as Event);
    await page.settle();
    expect(button().disabled).toBe(true);
    await page.ctrlEnter(page.root.querySelector("form")!);
    expect(page.sent).toEqual([]);
    Object.assign(calls[0]!, { status: 201, responseText: "{\"file\":\"sha256:0\"}" }).onload();
    await page.settle();
    expect(button().disabled).toBe(false);
    await page.submit(page.root.querySelector("form")!);
    expect(page.sent).toEqual([["POST /api/v1/tasks", { cmd: "true", files: [{ path: "a.txt", file: "sha256:0" }] }]]);
    page.close();
  });

  test("shows tasks whose labels are called as what every object has", async () => {
    const page = await opened("/ui/tasks", {}, (answer, _, __, path) => !path.startsWith("/api/v1/tasks?") ? answer
      : { ...answer, body: { ...answer.body as object, items: (answer.body as { items: object[] }).items.map((task) => ({ ...task, labels: { constructor: "x", toString: "y" } })) } });
    expect(faults).toEqual([]);
    expect(headingOf(page.root)).toBe("Tasks");
    expect(textOf(page.root)).toContain("constructor=x");
    page.close();
  });

  test("names the zone in which a backfill reads times", async () => {
    localStorage.setItem("otask.utc", "true");
    const page = await opened("/ui/schedules/nightly", { "POST /api/v1/schedules/nightly/backfill": () => [202, { accepted: 0, leftOut: 0 }] });
    localStorage.removeItem("otask.utc");
    await page.press("Backfill");
    const form = page.root.querySelector("dialog form")!;
    expect(page.field("From (UTC)", form).value).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
    await page.type(page.field("From (UTC)", form), "2026-11-26T03:00");
    await page.submit(form);
    expect(page.sent).toMatchObject([["POST /api/v1/schedules/nightly/backfill", { from: "2026-11-26T03:00:00.000Z", parallel: 1 }]]);
    page.close();
  });

  test("makes a schedule that watches a folder, and says at its fields what the service refuses", async () => {
    let refusal: Record<string, string[]> | null = { "files.settled": ["must be from 0s to 1d"] };
    const page = await opened("/ui/new/schedule", {
      "PUT /api/v1/schedules/import": () => refusal ? [422, { title: "Not valid", errors: refusal }] : [201, { ...body<object>("GET /api/v1/schedules/nightly"), id: "import" }],
    });
    const form = page.root.querySelector("form")!;
    const put = () => page.sent.filter(([asked]) => asked.startsWith("PUT")).at(-1)![1];
    expect(() => page.field("Folder")).toThrow();
    await page.choose(page.field("At each time"), "look");
    expect(["Node", "Folder", "Files", "Settled for"].map((title) => page.field(title).required)).toEqual([true, true, false, false]);
    expect([page.field("Folder").maxLength, page.field("Files").maxLength]).toEqual([3_072, 1_024]);
    expect([...page.root.querySelectorAll<HTMLOptionElement>("#nodes option")].map((option) => option.value)).toEqual([recorded.ids.node]);
    await page.type(page.field("Name"), "import");
    await page.type(page.field("Command"), "wc -l");
    await page.type(page.field("Node"), "w1");
    await page.type(page.field("Folder"), "/incoming");
    await page.type(page.field("Files"), "*.csv");
    await page.type(page.field("Settled for"), "2d");
    await page.choose(page.field("Files that are there already"), "skip");
    await page.submit(form);
    expect(put()).toMatchObject({ task: { cmd: "wc -l" }, files: { node: "w1", folder: "/incoming", match: "*.csv", settled: "2d", existing: "skip" } });
    expect(page.field("Settled for").getAttribute("aria-invalid")).toBe("true");
    expect(page.field("Settled for").closest("label")!.querySelector(".fault-text")!.textContent).toBe("files.settled must be from 0s to 1d");
    refusal = null;
    await page.type(page.field("Settled for"), "");
    await page.choose(page.field("Files that are there already"), "start");
    await page.submit(form);
    expect((put() as { files: object }).files).toEqual({ node: "w1", folder: "/incoming", match: "*.csv" });
    expect(location.pathname).toBe("/ui/schedules/import");
    page.close();
  });

  test("keeps the folder of a schedule as it is, and brings it back when it is chosen again", async () => {
    const files = { node: "w1", folder: "/in", settled: "10s", existing: "start" };
    const stored = { ...body<object>("GET /api/v1/schedules/nightly"), files };
    const page = await opened("/ui/new/schedule?from=nightly", { "GET /api/v1/schedules/nightly": () => [200, stored], "PUT /api/v1/schedules/nightly": () => [422, { title: "Not valid" }] });
    const sent = async () => {
      await page.submit(page.root.querySelector("form")!);
      return (page.sent.filter(([asked]) => asked.startsWith("PUT")).at(-1)![1] as { files?: object }).files;
    };
    expect(await sent()).toEqual(files);
    await page.choose(page.field("At each time"), "start");
    expect(await sent()).toBeUndefined();
    await page.choose(page.field("At each time"), "look");
    expect(page.field("Folder").value).toBe("/in");
    expect(await sent()).toEqual(files);
    page.close();
  });

  test("keeps what was typed of a schedule while something else is chosen", async () => {
    const page = await opened("/ui/new/schedule");
    await page.type(page.field("Command"), "make all");
    await page.choose(page.field("Starts"), "workflow");
    await page.choose(page.field("Starts"), "task");
    expect(page.field("Command").value).toBe("make all");
    await page.type(page.field("Cron"), "5 4 * * *");
    await page.press("At intervals");
    await page.type(page.field("Every"), "90s");
    await page.press("At times of day");
    expect(page.field("Cron").value).toBe("5 4 * * *");
    await page.press("At intervals");
    expect(page.field("Every").value).toBe("90s");
    page.close();
  });

  test("shows the next times of what was typed last, whichever answer comes first", async () => {
    const answers = new Map<string, (time: string) => void>();
    const page = await opened("/ui/new/schedule", {
      "POST /api/v1/schedules/preview": (sent) => new Promise<Reply>((done) => answers.set((sent as { cron: string }).cron, (time) => done([200, { times: [time], leftOut: [], notes: [] }]))),
    });
    await page.type(page.field("Cron"), "0 1 * * *");
    await page.type(page.field("Cron"), "0 2 * * *");
    answers.get("0 2 * * *")!("2026-12-20T12:00:00.000Z");
    answers.get("0 1 * * *")!("2026-12-10T12:00:00.000Z");
    await page.settle();
    expect(page.root.querySelector(".times ol")!.textContent).toMatch(/2026-12-20/);
    page.close();
  });

  test("begins a form anew when its address names nothing to start from", async () => {
    const page = await opened("/ui/new/schedule?from=nightly");
    expect(page.field("Command").value).toBe("echo nightly");
    await page.open("/ui/new/schedule");
    expect(headingOf(page.root)).toBe("New schedule");
    expect([page.field("Name").value, page.field("Command").value]).toEqual(["", ""]);
    page.close();
  });

  test("shows a schedule that is called new, and leads to its form", async () => {
    const path = "/api/v1/schedules/new";
    const page = await opened("/ui/schedules/new", {
      [`GET ${path}`]: () => [200, { ...body<object>("GET /api/v1/schedules/nightly"), id: "new" }], [`GET ${path}/occurrences?limit=50`]: () => [200, { items: [], nextCursor: null }],
    });
    expect(headingOf(page.root)).toBe("new");
    await page.open([...page.root.querySelectorAll("main a")].find((link) => link.textContent === "Edit")!.getAttribute("href")!);
    expect(headingOf(page.root)).toBe("Change new");
    page.close();
  });

  test("says of a schedule that the service cannot read that it starts nothing, and offers no backfill of files", async () => {
    const stored = body<object>("GET /api/v1/schedules/nightly");
    let page = await opened("/ui/schedules/nightly", { "GET /api/v1/schedules/nightly": () => [200, { ...stored, cron: undefined, timeZone: undefined, task: null, nextRuns: [] }] });
    expect(textOf(page.root)).toContain("The service cannot read this schedule");
    expect(textOf(page.root)).not.toContain("Its time is over");
    page.close();
    page = await opened("/ui/schedules/nightly", { "GET /api/v1/schedules/nightly": () => [200, { ...stored, files: { node: "w1", folder: "/in/", match: "*.csv" } }] });
    expect([...page.root.querySelectorAll("button")].find((button) => button.textContent === "Backfill")!.disabled).toBe(true);
    expect(textOf(page.root)).toContain("w1:/in/*.csv");
    expect(textOf(page.root)).toContain("Next looks");
    page.close();
  });

  test("leads from how many tasks failed in the last hour to the list of exactly these", async () => {
    const page = await opened("/", {}, (answer, _, __, path) => path === "/api/v1/attention" ? { ...answer, body: { items: [], nextCursor: null } }
      : path.startsWith("/api/v1/tasks/summary?state=failed") ? { ...answer, body: { ...answer.body as object, total: 3 } } : answer);
    const counted = page.asked.find((asked) => asked.startsWith("GET /api/v1/tasks/summary?state=failed"))!;
    const since = new URL(counted.slice(4), "http://h").searchParams.get("endedAfter")!;
    const link = [...page.root.querySelectorAll("main a")].find((one) => one.textContent === "3 failed in the last hour")!.getAttribute("href")!;
    expect(Object.fromEntries(new URL(link, "http://h").searchParams)).toEqual({ state: "failed", endedAfter: since, sort: "-ended" });
    await page.open(link);
    const listed = new URL(page.asked.find((asked) => asked.startsWith("GET /api/v1/tasks?"))!.slice(4), "http://h").searchParams;
    expect([listed.get("state"), listed.get("endedAfter"), listed.get("sort")]).toEqual(["failed", since, "-ended"]);
    page.close();
  });

  test("says on the Overview that it cannot tell what needs attention, and shows it even if there is no task", async () => {
    let page = await opened("/", {}, (answer, _, __, path) => path === "/api/v1/attention" ? worlds.problem(503, "store-unavailable", "The store is away") : answer);
    expect(alertOf(page.root)).toContain("The store is away");
    expect(textOf(page.root)).not.toContain("No alarms");
    page.close();
    page = await opened("/", {}, (answer, _, __, path) => path === "/api/v1/tasks/summary" ? { ...answer, body: { ...answer.body as object, total: 0 } } : answer);
    expect(textOf(page.root)).toContain("Start the first task");
    expect(page.root.querySelectorAll("section.attention li").length).toBe(body<{ items: object[] }>("GET /api/v1/attention").items.length);
    page.close();
  });

  test("lists on the Overview which schedules run next, also of those that are not on the first page of schedules", async () => {
    const [schedule] = body<{ items: object[] }>("GET /api/v1/schedules?limit=100").items;
    const scheduleOf = (id: string, ...nextRuns: string[]) => ({ ...schedule, id, nextRuns });
    const runOf = (id: string, time: string) => ({ time, schedule: id, queue: "default" });
    const [soon, later, inDays] = ["2026-11-28T02:00:00.000Z", "2026-11-28T03:00:00.000Z", "2026-12-03T04:00:00.000Z"] as const;
    let cursor: string | null = "next";
    let isAway = false;
    let asked = 0;
    const names = async () => {
      asked = 0;
      const page = await opened("/", {
        "GET /api/v1/schedules?limit=100": () => [200, { items: [scheduleOf("a", later), scheduleOf("b"), scheduleOf("c", inDays)], nextCursor: cursor }],
        "GET /api/v1/schedules/upcoming": () => {
          asked++;
          return isAway ? [503, { title: "The store is away" }] : [200, { items: [runOf("z", soon), runOf("a", later), runOf("z", later)], nextCursor: null, complete: true }];
        },
      });
      const panel = [...page.root.querySelectorAll("section.panel")].find((one) => one.querySelector("h2")?.textContent === "Next runs")!;
      const found = [...panel.querySelectorAll("td.name")].map((cell) => cell.textContent).join(" ");
      page.close();
      return found;
    };
    expect(await names()).toBe("z a c");
    isAway = true;
    expect(await names()).toBe("a c");
    expect(asked).toBeGreaterThan(0);
    cursor = null;
    expect(await names()).toBe("a c");
    expect(asked).toBe(0);
  });

  test("moves the focus to the heading of a page that its reader goes to: not at first, not when the query alone changes, and not out of a dialog", async () => {
    history.replaceState(null, "", "/ui/jobs");
    const page = await opened("/ui/jobs");
    const heading = () => page.root.querySelector("main h1");
    expect(document.activeElement).toBe(document.body);
    await page.open("/ui/nodes");
    expect([headingOf(page.root), document.activeElement === heading()]).toEqual(["Nodes", true]);
    await page.open("/ui/jobs");
    expect([headingOf(page.root), document.activeElement === heading()]).toEqual(["Jobs", true]);
    const button = page.root.querySelector<HTMLElement>("main button.pick")!;
    button.focus();
    await page.open("/ui/jobs?state=failed");
    expect(document.activeElement === button).toBe(true);
    page.root.querySelector<HTMLElement>("button.find")!.click();
    await page.settle();
    await page.open("/ui/queues");
    expect([headingOf(page.root), document.activeElement === heading()]).toEqual(["Queues", false]);
    page.close();
  });

  test("lets the arrow keys, Home and End choose a tab, and the Tab key reach the chosen one alone", async () => {
    const page = await opened("/ui/new/task?cmd=true");
    const tabs = [...page.root.querySelectorAll<HTMLElement>("[role=tab]")];
    const having = (name: string, value: string) => tabs.filter((tab) => tab.getAttribute(name) === value).map((tab) => tab.textContent).join();
    tabs[0]!.focus();
    for (const [key, title] of [["ArrowRight", "curl"], ["End", "otask"], ["ArrowRight", "JSON"], ["ArrowLeft", "otask"], ["Home", "JSON"]] as const) {
      await page.key(document.activeElement!, key);
      expect([having("aria-selected", "true"), having("tabindex", "0"), document.activeElement!.textContent], key).toEqual([title, title, title]);
    }
    page.close();
  });

  test("shows the log of a task that has started while its reader looked at why it waits", async () => {
    const page = await opened("/ui/tasks/{done}?tab=why");
    expect(page.root.querySelector("[role=tab][aria-selected=true]")!.textContent).toBe("Log");
    expect(textOf(page.root)).not.toContain("Nothing holds it back");
    page.close();
  });

  test("has a heading where there is no page", async () => {
    const page = await opened("/ui/nothing");
    expect(headingOf(page.root)).toBe("Not found");
    page.close();
  });

  test("keeps what was typed into limits while their queue changes, and overwrites no limit that somebody else has changed", async () => {
    let queue = body<{ version: number }>("GET /api/v1/queues/etl");
    const { version } = queue;
    let refuses = true;
    const page = await opened("/ui/queues/etl", {
      "GET /api/v1/queues/etl": () => [200, queue],
      "PUT /api/v1/queues/etl": (sent) => refuses ? [409, { title: "The queue has changed" }] : [200, queue = { ...queue, ...sent as object, version: version + 9 }],
    });
    const change = async (to: object) => {
      queue = { ...queue, ...to };
      await vi.advanceTimersByTimeAsync(16_000);
      await page.settle();
    };
    const send = async () => {
      await page.submit(page.root.querySelector("form.body")!);
      return page.sent.at(-1)![1];
    };
    await page.type(page.field("Depth"), "70");
    await change({ version: version + 1, paused: true });
    expect(page.field("Depth").value).toBe("70");
    expect(await send()).toMatchObject({ maxDepth: 70, weight: 2, version: version + 1 });
    await change({ version: version + 2, weight: 9 });
    expect([page.field("Depth").value, page.field("Weight").value]).toEqual(["70", "9"]);
    expect(textOf(page.root)).toContain("Somebody has changed these limits since you began.");
    expect(await send()).toMatchObject({ maxDepth: 70, version });
    await page.press("Start over");
    expect(page.field("Depth").value).toBe("");
    refuses = false;
    await page.type(page.field("Depth"), "80");
    expect(await send()).toMatchObject({ maxDepth: 80, weight: 9, version: version + 2 });
    expect(page.field("Depth").value).toBe("80");
    expect([...page.root.querySelectorAll("form.body button")].map((button) => button.textContent)).toEqual(["Change"]);
    page.close();
  });

  test("closes a dialog by a press beside it alone, and gives the focus back", async () => {
    const page = await opened("/ui/queues");
    const dialog = () => page.root.querySelector("dialog");
    const mouse = (at: Element, name: string, clientX: number) => at.dispatchEvent(new window.MouseEvent(name, { bubbles: true, clientX, clientY: 0 }) as unknown as Event);
    const button = [...page.root.querySelectorAll("button")].find((one) => one.textContent === "New queue")!;
    button.focus();
    await page.press("New queue");
    const name = page.field("Name", dialog()!);
    await page.type(name, "etl-2");
    // Text is selected by a press that begins in the field and ends beside the dialog.
    mouse(name, "pointerdown", 0);
    mouse(dialog()!, "click", -5);
    await page.settle();
    expect(page.field("Name", dialog()!).value).toBe("etl-2");
    name.focus();
    mouse(dialog()!, "pointerdown", -5);
    mouse(dialog()!, "click", -5);
    await page.settle();
    expect(dialog()).toBeNull();
    expect(document.activeElement).toBe(button);
    page.close();
  });

  test("escapes the type of a grain in the address of its methods", async () => {
    const type = "Cache`1/x";
    const page = await opened("/ui/cluster", {}, (answer, _, __, path) => path !== "/api/v1/cluster/grains?window=1m" ? answer
      : { ...answer, body: { ...answer.body as object, items: [{ ...(answer.body as { items: object[] }).items[0], type }] } });
    await page.press(type);
    expect(page.asked).toContain(`GET /api/v1/cluster/grains/${encodeURIComponent(type)}?window=1m`);
    page.close();
  });

  test("says why nobody can sign in, also for an answer without words", async () => {
    const page = await opened("/", { "POST /api/v1/session": () => [502, null] }, worlds.always(worlds.problem(401, "unauthenticated", "A key is needed")));
    await page.type(page.root.querySelector("input[type=password]")!, "otk_1");
    await page.submit(page.root.querySelector("form")!);
    expect(alertOf(page.root)).toBe("Status 502");
    page.close();
  });

  test("says that names cannot be searched, instead of that there are none", async () => {
    const page = await opened("/", {}, (answer, _, __, path) => path.startsWith("/api/v1/search") ? worlds.problem(503, "store-unavailable", "The store is away") : answer);
    page.root.querySelector<HTMLButtonElement>("button.find")!.click();
    await page.settle();
    await page.type(page.root.querySelector("dialog.palette input")!, "zzz");
    expect(page.root.querySelector("#found")!.textContent).toContain("Names and ids cannot be searched: What store-unavailable means here.");
    page.close();
  });

  test("lets nobody type into the JSON of a workflow that has not come yet", async () => {
    const page = await opened("/ui/new/workflow?from={workflow}", { [`GET /api/v1/workflows/${recorded.ids.workflow}`]: () => new Promise<Reply>(() => {}) });
    expect(page.root.querySelector("textarea")).toBeNull();
    expect(page.root.querySelector("main .loading")).not.toBeNull();
    page.close();
  });

  test("shows what was found for the last text, even if an answer about an earlier one comes later", async () => {
    const path = `/api/v1/tasks/${recorded.ids.done}`;
    const search = (rest: string) => `GET ${path}/attempts/1/output/search?${rest}`;
    const line = { stream: "stdout", line: 1, offset: 0, text: "aa" };
    let late: (answer: Reply) => void = () => {};
    const page = await opened("/ui/tasks/{done}?find=aa", {
      [search("q=aa&ignoreCase=true&limit=200")]: () => [200, { attempt: 1, matches: [], complete: false, next: 5 }],
      [search("q=aa&ignoreCase=true&limit=200&from=5")]: () => new Promise<Reply>((done) => { late = done; }),
      [search("q=bb&ignoreCase=true&limit=200")]: () => [200, { attempt: 1, matches: [], complete: true, next: null }],
    }, (answer, _, __, asked) => asked !== path ? answer
      : { ...answer, body: { ...answer.body as object, output: { ...(answer.body as { output: object }).output, stdoutBytes: 5_000_000 } } });
    await page.settle();
    await page.press("Search on");
    await page.type(page.root.querySelector('input[aria-label="Find in the output"]')!, "bb");
    late([200, { attempt: 1, matches: [line], complete: false, next: 9 }]);
    await page.settle();
    expect(textOf(page.root)).toContain("0 lines in the whole output.");
    page.close();
  });

  test("shows further pages at once when their reader comes back, and reads them again once", async () => {
    const [job] = body<{ items: object[] }>("GET /api/v1/jobs?limit=50").items;
    const jobs = (...names: string[]) => names.map((name) => ({ ...job, id: name.slice(0, 2), name }));
    let again = 0;
    const page = await opened("/ui/jobs", {
      "GET /api/v1/jobs?limit=50": () => [200, { items: jobs("j5", "j4", "j3"), nextCursor: "j3" }],
      "GET /api/v1/jobs?limit=500&cursor=j3": () => [200, { items: jobs("j2", "j1"), nextCursor: null }],
      "GET /api/v1/jobs?limit=2&cursor=j3": () => { again++; return [200, { items: jobs("j2 now", "j1"), nextCursor: null }]; },
    });
    const names = () => [...page.root.querySelectorAll("tbody td.name")].map((cell) => cell.textContent).join(", ");
    await page.press("Show more");
    expect([names(), again]).toEqual(["j5, j4, j3, j2, j1", 0]);
    await page.open("/ui/nodes");
    await page.open("/ui/jobs");
    expect([names(), again]).toEqual(["j5, j4, j3, j2 now, j1", 1]);
    await vi.advanceTimersByTimeAsync(10_000);
    await page.settle();
    expect(again).toBe(1);
    page.close();
  });

  test("reads further pages again when so many new rows have come that some may be missing, until it can", async () => {
    const [job] = body<{ items: object[] }>("GET /api/v1/jobs?limit=50").items;
    const jobs = (...names: string[]) => names.map((name) => ({ ...job, id: name, name }));
    let newest = ["j5", "j4", "j3"];
    let again = 0;
    const page = await opened("/ui/jobs", {
      "GET /api/v1/jobs?limit=50": () => [200, { items: jobs(...newest), nextCursor: newest.at(-1) }],
      "GET /api/v1/jobs?limit=500&cursor=j3": () => [200, { items: jobs("j2", "j1"), nextCursor: null }],
      "GET /api/v1/jobs?limit=2&cursor=j7": () => ++again === 1 ? [503, { title: "Busy" }] : [200, { items: jobs("j6", "j5"), nextCursor: "j5" }],
    });
    const names = () => [...page.root.querySelectorAll("tbody td.name")].map((cell) => cell.textContent).join(" ");
    await page.press("Show more");
    newest = ["j9", "j8", "j7"];
    await vi.advanceTimersByTimeAsync(4_000);
    await page.settle();
    await vi.advanceTimersByTimeAsync(4_000);
    await page.settle();
    expect([names(), again]).toEqual(["j9 j8 j7 j6 j5", 2]);
    page.close();
  });
});
