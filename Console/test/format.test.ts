import { describe, expect, test } from "vitest";
import type { TaskSpec } from "../src/api/types";
import { alike, attemptOf, commandOf, curlOf, cut, otaskOf, quoted, reasonOf, taskOf, titleOf } from "../src/format/command";
import { filtersOf, parseFilters, queryOf, setFilters, tasksUrl } from "../src/format/filters";
import { pieces, plainly } from "../src/format/hostile";
import { bytes, compact, plural } from "../src/format/numbers";
import { amountsOf, apart, formOf, keptOf, limit, resourcesOf, specOf } from "../src/format/spec";
import { absolute, ago, duration, fieldOf, stamp, stampInFull, timeOf, zoneName } from "../src/format/time";

const noon = Date.parse("2026-11-05T12:00:00.000Z");

describe("times", () => {
  test.each([[0, "0 ms"], [999, "999 ms"], [1_500, "1.5 s"], [59_940, "60 s"], [60_000, "1 m"], [125_000, "2 m 5 s"], [11_520_000, "3 h 12 m"], [180_000_000, "2 d 2 h"], [-5, "0 ms"]])(
    "%d ms are said as %s", (milliseconds, words) => expect(duration(milliseconds)).toBe(words));
  test.each([[noon, "just now"], [noon - 4_000, "4 s ago"], [noon + 7_200_000, "in 2 h"], [noon + 119_000, "in 2 m"], [noon + 89_000, "in 1 m"], [noon - 119_000, "1 m ago"], [noon - 90 * 3_600_000, "3 d ago"]])("%d is %s", (at, words) =>
    expect(ago(at, noon)).toBe(words));
  test("a day is said only when it is another one", () => {
    expect(stamp("2026-11-05T02:14:07Z", true, noon)).toBe("02:14:07");
    expect(stamp("2026-11-04T02:14:07Z", true, noon)).toBe("2026-11-04 02:14:07");
    expect(stampInFull("2026-11-05T02:14:07.042Z", true)).toBe("2026-11-05 02:14:07.042 UTC");
    expect(stamp("nonsense", true, noon)).toBe("");
  });
  test("filters may be relative", () => {
    expect(absolute("-6h", noon)).toBe("2026-11-05T06:00:00.000Z");
    expect(absolute("2026-11-05T09:30:00Z", noon)).toBe("2026-11-05T09:30:00.000Z");
  });
  test.each(["yesterday-ish", "-6", "6h", "-5w", "2026", "2026-13-99", `-${"9".repeat(20)}d`])("%s is no time and stays for the gateway to refuse", (text) =>
    expect(absolute(text, noon)).toBe(text));
  test("of a field are read in the zone in which they were shown", () => {
    expect(fieldOf(noon, true)).toBe("2026-11-05T12:00");
    expect(timeOf("2026-11-05T12:00", true)).toBe("2026-11-05T12:00:00.000Z");
    expect(timeOf(fieldOf(noon, false), false)).toBe("2026-11-05T12:00:00.000Z");
    expect(() => timeOf("", true)).toThrow(RangeError);
    expect(zoneName(true)).toBe("UTC");
  });
});

test("numbers fit their places", () => {
  expect([bytes(0), bytes(1_536), bytes(16 * 1024 * 1024), compact(9_999), compact(610_000), plural(1, "task"), plural(1_204, "task")]).toEqual(
    ["0 B", "1.5 KiB", "16 MiB", "9,999", "610K", "1 task", "1,204 tasks"]);
});

describe("hostile text", () => {
  test("what hides or turns text becomes a tag", () => {
    expect(pieces("a\u202egpj.exe")).toEqual([{ text: "a", tag: false }, { text: "RLO", tag: true }, { text: "gpj.exe", tag: false }]);
    expect(plainly("x\u200by\u0007\u{e0041}")).toBe("x[ZWSP]y[U+0007][U+E0041]");
  });
  test("markup is text, and so are letters of all scripts and pictures", () => {
    for (const text of ["<img src=x onerror=alert(1)>", "ключ 鍵 مفتاح", "👩\u200d🚀 ❤\ufe0f", ""])
      expect(pieces(text).every((piece) => !piece.tag)).toBe(true);
  });
});

describe("commands", () => {
  const task = (spec: TaskSpec, name: string) => ({ spec, name, workflow: null });
  test("a task without a name is shown by its command, cut", () => {
    expect(titleOf(task({ cmd: "tar  -czf\n a.tgz b" }, "tar"))).toBe("tar -czf a.tgz b");
    expect(titleOf(task({ cmd: "x".repeat(500) }, "x"))).toHaveLength(120);
    expect(titleOf(task({ argv: ["/bin/echo", "no shell"], name: "greet" }, "greet"))).toBe("greet");
    expect(commandOf({ argv: ["/bin/echo", "it's"] })).toBe("/bin/echo 'it'\\''s'");
    expect([...cut("👩👩👩👩", 3)]).toHaveLength(3);
  });
  test("lines for a shell quote what a shell would read", () => {
    expect(quoted("a$b")).toBe("'a$b'");
    expect(curlOf("POST", "/tasks", { cmd: "echo 'x'" }, "http://h")).toContain("-d '{\"cmd\":\"echo '\\''x'\\''\"}' http://h/tasks");
    expect(otaskOf({ cmd: "echo hi", queue: "etl", labels: { team: "a b" } })).toBe("otask submit --queue etl --label 'team=a b' 'echo hi'");
    expect(otaskOf({ argv: ["ls", "-l"], requires: { gpu: "a100" }, runAt: "2030-01-01T00:00:00Z", retry: { maxAttempts: 3 } })).toBe(
      "otask submit --run-at 2030-01-01T00:00:00Z --require gpu=a100 --max-attempts 3 -- ls -l");
    expect(otaskOf({ cmd: "sort", stdin: "b\na\n", retry: { maxAttempts: 3 } })).toBe(
      `otask submit --spec - <<'EOF'\n${JSON.stringify({ cmd: "sort", stdin: "b\na\n", retry: { maxAttempts: 3 } }, null, 2)}\nEOF`);
    expect(otaskOf({ cmd: "true", retry: { backoff: "1s" } })).toContain("--spec -");
    expect(otaskOf({ cmd: "true", constructor: "x" } as never)).toContain("--spec -");
  });
  test("the end is said in words", () => {
    expect(reasonOf({ reason: "exit", exitCode: 3, signal: null })).toBe("exit 3");
    expect(reasonOf({ reason: "signal", exitCode: null, signal: "SIGKILL" })).toBe("SIGKILL");
    expect(reasonOf({ reason: "out-of-memory", exitCode: null, signal: null })).toBe("out of memory");
    expect(reasonOf({ reason: null, exitCode: null, signal: null })).toBe("");
  });
});

describe("filters", () => {
  test("go to the address and back", () => {
    const url = tasksUrl({ state: "failed", label: ["team=a", "x=&?#"], from: "-6h", queue: "", name: undefined });
    const filters = filtersOf(new URL(url, "http://h").searchParams);
    expect(filters).toMatchObject({ state: "failed", label: ["team=a", "x=&?#"], from: "-6h", queue: "", name: "" });
    expect(setFilters(filters).map(({ name }) => name)).toEqual(["state", "from", "label", "label"]);
    expect(queryOf(filters, noon)).toMatchObject({ state: "failed", createdAfter: "2026-11-05T06:00:00.000Z", createdBefore: "" });
  });
  test.each<[string, Record<string, string | string[]>]>([["state=failed", { state: "failed" }], ["team=a", { label: ["zone=b", "team=a"] }], ["rsync", { q: "rsync" }], ["two words", { q: "two words" }], ["=x", { q: "=x" }],
    ["exitCode=11 queue=etl", { exitCode: "11", queue: "etl" }], ["nightly  state=failed team=a x=y copy", { q: "nightly copy", state: "failed", label: ["zone=b", "team=a", "x=y"] }]])(
    "%s is read", (text, found) => expect(parseFilters(text, ["zone=b"])).toEqual(found));
  test("nothing is no filter", () => expect(parseFilters("  ", [])).toBe(null));
  test("of the API are known, as links of the audit have them", () => {
    const names = ["createdAfter", "createdBefore", "endedAfter", "endedBefore", "definition"];
    const filters = filtersOf(new URLSearchParams(names.map((name) => `${name}=x`).join("&")));
    expect(queryOf(filters, noon)).toMatchObject(Object.fromEntries(names.map((name) => [name, "x"])));
    expect(setFilters(filters).map(({ name }) => name).sort()).toEqual(names.sort());
  });
  test("that cannot be read go to the gateway, which refuses them: without them, more would match", () => {
    const asked = (text: string) => queryOf(filtersOf(new URLSearchParams(text)), noon);
    expect(asked("stat=failed&stat=x&limits=y")).toMatchObject({ stat: ["failed", "x"], limits: ["y"] });
    expect(asked("endedAfter=-1h&endedBefore=2026-11-05")).toMatchObject({ endedAfter: "2026-11-05T11:00:00.000Z", endedBefore: "2026-11-05" });
    expect(asked("endedAfter=-1x")).toMatchObject({ endedAfter: "-1x" });
    expect(asked("from=-6x&to=soon")).toMatchObject({ createdAfter: "-6x", createdBefore: "soon" });
    expect(asked("from=-6h&createdAfter=2026-11-05T09:30:00Z")).toMatchObject({ createdAfter: ["2026-11-05T06:00:00.000Z", "2026-11-05T09:30:00Z"] });
    expect(setFilters(filtersOf(new URLSearchParams("stat=failed&sort=-took")))).toEqual([{ name: "stat", value: "failed" }]);
  });
});

test("a spec goes into the form and comes back the same", () => {
  const specs: TaskSpec[] = [
    { cmd: "echo hello" },
    { argv: ["/usr/bin/env", "-i"], env: { LEVEL: "debug", EMPTY: "" }, priority: 0, retry: { maxAttempts: 3, backoff: "2s" }, timeout: "10m",
      labels: { team: "blue" }, requires: { gpu: "yes" }, stdin: "a\nb", limits: { memoryBytes: 5 }, concurrency: { key: "k", limit: 2 }, maxOutputBytes: 0 },
    { cmd: "x", retry: { fatalExitCodes: [1, "64-78"] } },
  ];
  for (const spec of specs)
    expect(specOf(formOf(spec))).toEqual(spec);
  expect(specOf({ ...formOf({ cmd: "x" }), priority: "high" }).priority).toBe("high");
});

test.each<[string[], TaskSpec]>([
  [["argv"], { argv: ["sh", "-c", "echo a\necho b"] }], [["argv"], { argv: [""] }], [["argv"], { argv: ["a\rb", "c"] }],
  [["env"], { cmd: "x", env: { SCRIPT: "a\nb", LEVEL: "1" } }], [["secretEnv"], { cmd: "x", secretEnv: { PEM: "-----\nabc\n" } }],
  [["labels"], { cmd: "x", labels: { "a=b": "c" } }], [["requires"], { cmd: "x", requires: { gpu: 1 } as never }], [["resources"], { cmd: "x", resources: { cpu: "2" } }],
  [["name"], { cmd: "x", name: 5 } as never], [["artifacts"], { cmd: "x", artifacts: [" out/** "] }],
])("%j stay in the JSON if their fields could not give them back", (kept, spec) => {
  const form = formOf(spec);
  expect(keptOf(form)).toEqual(kept);
  expect(specOf(form)).toEqual(spec);
  expect(kept.map((name) => form[name as keyof typeof form])).toEqual(kept.map(() => ""));
});

test("the form leaves out what is empty, and takes what is of another type as it is", () => {
  expect(specOf(formOf({ cmd: "x", env: {}, artifacts: [], queue: undefined }))).toEqual({ cmd: "x" });
  expect(keptOf(formOf({ cmd: "x", env: {}, argv: "ls" } as never))).toEqual(["argv"]);
});

test.each([["", null], ["  ", null], ["50", 50], ["0.5", 0.5], ["5O", "5O"], ["none", "none"]])("the limit %j is sent as %j: only an empty field removes it", (typed, sent) =>
  expect(limit(typed)).toBe(sent));

test("resources are lines of a form and a line of a task", () => {
  const resources = { cpu: 2, pin: true, memory: "8GiB", license: 3 };
  expect(formOf({ cmd: "x", resources }).resources).toBe("cpu=2\npin=true\nmemory=8GiB\nlicense=3");
  expect(specOf(formOf({ cmd: "x", resources }))).toEqual({ cmd: "x", resources });
  expect(amountsOf(" cpu = 0.5 \n\npin\ngpu=many")).toEqual({ cpu: 0.5, pin: true, gpu: "many" });
  expect(amountsOf("pin=false")).toEqual({ pin: false });
  expect(amountsOf(" \n")).toBeUndefined();
  expect(resourcesOf(resources)).toBe("cpu 2 of its own, memory 8GiB, license 3");
  expect(resourcesOf({ cpu: 0.5, memory: 1 << 20, pin: false })).toBe("cpu 0.5, memory 1 MiB");
});

describe("tasks in a line", () => {
  test("counts attempts up to those that may fail", () => {
    expect(attemptOf({ attempt: 2, spec: { retry: { maxAttempts: 4 } } })).toBe("2 of 4");
    expect(attemptOf({ attempt: 1, spec: {} })).toBe("1");
    // Eight nodes were lost.
    expect(attemptOf({ attempt: 9, spec: {} })).toBe("9");
  });

  test("reads a row as a task whose name was given, or is the command", () => {
    expect(titleOf(taskOf({ name: "echo", command: "/bin/echo hello", maxAttempts: 1 } as never))).toBe("/bin/echo hello");
    expect(titleOf(taskOf({ name: "greet", command: "echo hello", maxAttempts: 1 } as never))).toBe("greet");
  });

  test("takes tasks that are alike as one", () => {
    const task = (name: string, state: string, exitCode: number | null = 0) => ({ name, queue: "q", state, reason: "exit", exitCode, signal: null, spec: { name } }) as never;
    expect(alike([task("a", "succeeded"), task("b", "succeeded"), task("a", "succeeded"), task("a", "failed", 1), task("a", "failed", 2)]).map(({ count }) => count)).toEqual([2, 1, 1, 1]);
  });
});

test("a task that starts again apart from its workflow does not say that it is a node", () => {
  expect(apart({ cmd: "make", env: { WORKFLOW_ID: "w", WORKFLOW_NODE: "build", CC: "gcc" } })).toEqual({ cmd: "make", env: { CC: "gcc" } });
  expect(apart({ cmd: "make", env: { WORKFLOW_ID: "w", WORKFLOW_NODE: "build" } })).toEqual({ cmd: "make" });
  expect(apart({ cmd: "make" })).toEqual({ cmd: "make" });
});
