import { describe, expect, it } from "vitest";
import type { Schedule } from "../src/api/types";
import { filePattern, folderPattern, isReadable, keyOf, mayHaveSecrets, nameOf, pageOf, partsOf, specOf, startedOf, targetOf, watchedFiles, withFolder } from "../src/format/schedule";

const none = { task: null, job: null, workflow: null };
const job = {
  source: { items: Array.from({ length: 1_000 }, (_, i) => i) }, process: { builtin: "square" },
  aggregate: [{ op: "sum" }, { as: "all", op: "collect" }],
};

describe("what a schedule starts", () => {
  it("is a task, a job or a workflow, each with a page of its own", () => {
    const workflow: Schedule["workflow"] = { nodes: [{ name: "a", task: { cmd: "true" } }] };
    expect(targetOf({ ...none, job })).toBe("job");
    expect(targetOf({ ...none, workflow })).toBe("workflow");
    expect(targetOf(none)).toBe("task");
    expect(pageOf("job", "7")).toBe("/ui/jobs/7");
    expect(nameOf({ ...none, job })).toBe("square");
    expect(nameOf({ ...none, job: { ...job, name: "sums" } })).toBe("sums");
    expect(nameOf({ ...none, workflow })).toBe("a");
    expect(nameOf({ ...none, task: { cmd: "make all" } })).toBe("make all");
    expect(nameOf(none)).toBe("");
  });

  it("is linked from its occurrences", () => {
    expect(startedOf({ ...none, job: "7" })).toEqual({ target: "job", id: "7" });
    expect(startedOf({ ...none, task: "8" })).toEqual({ target: "task", id: "8" });
    expect(startedOf(none)).toBeNull();
  });

  it("shows a job in few words, however many items it has", () => {
    const parts = Object.fromEntries(partsOf(job));
    expect(parts.Process).toBe("square");
    expect(parts.Aggregate).toBe("sum, all: collect");
    expect(parts.Source).toMatch(/^items \[0,1,2,/);
    expect(parts.Source!.length).toBe(160);
    expect(Object.fromEntries(partsOf({ source: { range: { from: 0, to: 9 } }, process: {} })).Source).toBe('range {"from":0,"to":9}');
  });
});

describe("a folder that a schedule watches", () => {
  const files = { node: "w1", folder: "/in", match: "*.csv", settled: "1m", existing: "skip" } as const;

  it("keeps what is not changed, and leaves out what is empty, but not the node and the folder", () => {
    expect(withFolder(files, {})).toStrictEqual(files);
    expect(withFolder(files, { node: "", match: "", existing: undefined })).toStrictEqual({ node: "", folder: "/in", settled: "1m" });
    expect(withFolder(undefined, {})).toStrictEqual({ node: "", folder: "" });
  });

  it("is shown in a line", () => {
    expect(watchedFiles(files)).toBe("w1:/in/*.csv");
    expect(watchedFiles({ node: "w1", folder: "/in/" })).toBe("w1:/in/*");
    expect(watchedFiles({ node: "w1", folder: "/" })).toBe("w1:/*");
  });

  it("is checked as a browser checks it", () => {
    const [folder, file] = [folderPattern, filePattern].map((pattern) => new RegExp(`^(?:${pattern})$`, "v"));
    expect(["/", "/in", "in", ""].map((text) => folder!.test(text))).toEqual([true, true, false, false]);
    expect(["*", "*.csv", "a/b"].map((text) => file!.test(text))).toEqual([true, true, false]);
  });

  it("has an occurrence for each file, also for those that were found at one time and wait", () => {
    const one = { ...none, time: "2026-11-26T10:00:00.000Z", kind: "file" } as const;
    expect(new Set([{ ...one, file: "/in/a" }, { ...one, file: "/in/b" }, { ...one, file: null }, { ...one, file: null, task: "7" }].map(keyOf)).size).toBe(4);
  });
});

describe("a schedule that is edited", () => {
  const stored = {
    id: "nightly", queue: "etl", version: 3, cron: "0 3 * * *", timeZone: "Europe/Berlin", task: { cmd: "make", queue: "etl" }, job: null, workflow: null, definition: null, startAt: null, endAt: null,
    overlap: "skip", startWithin: "1m", catchUp: "none", catchUpLimit: 100, jitter: "0s", only: [], except: [], onBlackout: "after", expectBy: null, files: null, paused: false,
  } as unknown as Schedule;

  it("is sent without what it has by default", () =>
    expect(specOf(stored)).toEqual({ cron: "0 3 * * *", timeZone: "Europe/Berlin", task: { cmd: "make", queue: "etl" }, version: 3 }));

  it("keeps every field that somebody has set", () => {
    const set = {
      startAt: "2026-01-01T00:00:00.000Z", endAt: "2027-01-01T00:00:00.000Z", overlap: "allow", startWithin: "5m", catchUp: "all", catchUpLimit: 7, jitter: "30s", only: ["workdays"], except: ["holidays"],
      onBlackout: "skip", expectBy: "2h", files: { node: "w1", folder: "/in" }, paused: true,
    } as const;
    expect(specOf({ ...stored, ...set } as unknown as Schedule)).toEqual({ cron: "0 3 * * *", timeZone: "Europe/Berlin", task: { cmd: "make", queue: "etl" }, version: 3, ...set });
  });

  it("cannot be read if the service tells no times of it", () => {
    expect([isReadable({ cron: "0 3 * * *" }), isReadable({ every: "5m" }), isReadable({})]).toEqual([true, true, false]);
  });

  it("may have had secrets unless it starts a job", () => {
    const nodes = (...of: object[]) => ({ ...none, workflow: { nodes: of } as Schedule["workflow"] });
    expect(mayHaveSecrets(stored)).toBe(true);
    expect(mayHaveSecrets({ ...none, job })).toBe(false);
    expect(mayHaveSecrets(nodes({ name: "a", job }))).toBe(false);
    expect(mayHaveSecrets(nodes({ name: "a", job }, { name: "b", task: { cmd: "true" } }))).toBe(true);
    expect(mayHaveSecrets(nodes({ name: "a", definition: { name: "d" } }))).toBe(true);
  });
});
