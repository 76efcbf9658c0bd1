import { describe, expect, it } from "vitest";
import type { Schedule } from "../src/api/types";
import { nameOf, pageOf, partsOf, startedOf, targetOf } from "../src/format/schedule";

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
