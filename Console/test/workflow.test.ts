import { describe, expect, test } from "vitest";
import type { TaskSpec, Workflow, WorkflowNode } from "../src/api/types";
import { layoutOf } from "../src/format/layout";
import { draftOf, example, faultsOf, graphOf, hadSecrets, hrefOf, itemsOf, linesOf, progressOf, readDraft, sharesOf, spansOf, specOf, stateOf, toRetry, waitsFor, wordsOf } from "../src/format/workflow";

const spec = (text: string) => (readDraft(text) as { spec: never }).spec;

describe("words", () => {
  test("for what a node waits for", () => {
    expect(waitsFor([{ node: "a", on: "succeeded" }, { node: "b", on: "failed" }, { node: "c", on: "ended" }])).toBe("a, b if failed, c if ended");
    expect(waitsFor(Array.from({ length: 9 }, (_, i) => ({ node: `n${i}`, on: "succeeded" })), 2)).toBe("n0, n1 and 7 more");
    expect(waitsFor([])).toBe("");
  });
  test.each([["succeeded", "exit", 0, "succeeded"], ["failed", "exit", 3, "failed: exit 3"], ["failed", "timeout", null, "failed: timeout"], ["cancelled", "skipped", null, "skipped"],
    ["cancelled", "cancelled", null, "cancelled"], ["running", null, null, "running"], ["queued", null, null, "queued"]] as const)(
    "%s with %s %s is %s", (state, reason, exitCode, words) => expect(stateOf({ state, reason, exitCode, elements: null })).toBe(words));
  test("for the items of a node", () => {
    expect(itemsOf({ elements: { total: 10, byState: { succeeded: 2, failed: 1, running: 4, queued: 3 } } })).toBe("3 of 10 items ended, 1 failed");
    expect(itemsOf({ elements: { total: 1, byState: { cancelled: 1 } } })).toBe("1 of 1 item ended");
    const node = (state: "running" | "failed" | "scheduled", total: number | null, byState: Record<string, number>) => ({ state, reason: state === "failed" ? "exit" as const : null, exitCode: null, elements: { total, byState } });
    expect(wordsOf(node("running", 3_000, { succeeded: 1_008, failed: 1, running: 4 }))).toBe("1,009 of 3,000 items, 1 failed");
    expect(wordsOf(node("failed", 3_000, { succeeded: 2_998, failed: 2 }))).toBe("3,000 items, 2 failed");
    expect(wordsOf(node("scheduled", null, {}))).toBe("scheduled");
    expect(stateOf(node("failed", 3_000, { succeeded: 2_998, failed: 2 }))).toBe("failed: 2 items");
    expect(stateOf(node("failed", null, {}))).toBe("failed: exit");
    expect(itemsOf({ elements: { total: null, byState: {} } })).toBe("for each item");
    expect(itemsOf({ elements: null })).toBe("");
  });
  test("for the progress, what is done first", () => {
    const byState = { queued: 2, succeeded: 5, running: 1, failed: 1, cancelled: 3 };
    expect(sharesOf(byState).map(({ name, count }) => `${count} ${name}`)).toEqual(["5 succeeded", "1 failed", "3 cancelled", "1 running", "2 queued"]);
    expect(toRetry(byState)).toBe(4);
    expect(progressOf({ ended: 9, nodes: 1_200 })).toBe("9 of 1,200 nodes ended");
  });
});

describe("a draft", () => {
  test("that is the example can be drawn and sent", () => {
    const nodes = graphOf(spec(example));
    expect(nodes.map(({ name }) => name)).toEqual(["build", "test", "lint", "publish", "tell"]);
    expect(layoutOf(nodes)!.places).toHaveLength(5);
    const { curl, otask } = linesOf(spec(example), "http://h:1");
    expect(JSON.parse(/EOF'\n(.*)\nEOF\n/s.exec(otask)![1]!)).toEqual(JSON.parse(example));
    expect(otask.endsWith("\notask workflow submit --wait workflow.json")).toBe(true);
    expect(curl.endsWith("-d @workflow.json http://h:1/api/v1/workflows")).toBe(true);
  });
  test("that is not JSON, or no object, says so", () => {
    expect(readDraft("{")).toHaveProperty("fault");
    expect(readDraft("[1]")).toHaveProperty("fault");
  });
  test.each(['{"nodes":5}', '{"nodes":[null,1,"x",{}]}', "{}", '{"nodes":[{"name":7,"after":"x"}]}'])("%s has nothing to draw", (text) => expect(graphOf(spec(text))).toEqual([]));
  test("is drawn as far as it goes", () =>
    expect(graphOf(spec('{"nodes":[{"name":"a","after":[null,3,{"node":"b","on":"whenever"},{"on":"failed"}]},{"name":"a"}]}'))).toEqual(
      [{ name: "a", after: [{ node: "b", on: "succeeded" }] }]));
});

test("a node with a job leads to its job once there is one, which tells its start", () => {
  expect(hrefOf({ task: "t" })).toBe("/ui/tasks/t");
  expect(hrefOf({ task: "t", job: null })).toBe("/ui/tasks/t");
  expect(hrefOf({ task: "t", job: "j" })).toBe("/ui/jobs/j");
});

test("a workflow with a job can be edited", () => {
  const job = { source: { range: { from: 0, to: 9 } }, process: { builtin: "square" } };
  const nodes = [{ name: "sum", task: "t", job: "j", after: [], mayFail: false }] as unknown as WorkflowNode[];
  const workflow = { name: "w", queue: "default", labels: {}, onFailure: "continue" } as unknown as Workflow;
  const stored = { name: "sum", queue: "default", env: { WORKFLOW_ID: "w", WORKFLOW_NODE: "sum" }, job } as unknown as TaskSpec;
  const again = specOf(workflow, nodes, new Map([["t", stored]]));
  expect(again).toEqual({ name: "w", nodes: [{ name: "sum", job }] });
  expect(JSON.parse(draftOf(again))).toEqual(again);
});

test("refusals are told by node", () => {
  const draft = spec('{"nodes":[{"name":"build"},{"task":{}}]}');
  expect(faultsOf({ name: ["Too long."], "nodes[0].after[1]": ["No such node."], "nodes[1].task.cmd": ["One.", "Two."], nodes: ["a → b → a"] }, draft)).toEqual([
    { node: null, name: "", path: "name", text: "Too long." }, { node: 0, name: "build", path: "after[1]", text: "No such node." },
    { node: 1, name: "node 2", path: "task.cmd", text: "One. Two." }, { node: null, name: "", path: "nodes", text: "a → b → a" }]);
});

test("nodes are found in the text, whatever their strings hold", () => {
  const nodes = ['{"name":"a","task":{"cmd":"echo \\"nodes\\": [{ }]"}}', '{"name" : "b", "after":["a"],"task":{"labels":{"nodes":"x"}}}'];
  const text = `{"labels": {"nodes": "[{"}, "nodes" : [\n  ${nodes.join(",\n  ")}\n], "name": "nodes"}`;
  expect(spansOf(text).map(([from, to]) => text.slice(from, to))).toEqual(nodes);
  expect(spansOf("")).toEqual([]);
  expect(spansOf('{"nodes": "')).toEqual([]);
});

test("a draft is written so that it reads the same", () => {
  const draft = { name: "q \" \\", labels: { a: "{[" }, nodes: [{ name: "a", task: { cmd: "x\ny", env: {} } }, { name: "b", after: [{ node: "a", on: "failed" }], task: { argv: ["ls"] } }] };
  expect(JSON.parse(draftOf(draft))).toEqual(draft);
  expect(spansOf(draftOf(draft))).toHaveLength(2);
});

test("the nodes that had secrets are named, for a reader to enter them again", () => {
  const nodes = [{ name: "a", task: "1" }, { name: "b", task: "2" }, { name: "c", task: "3" }];
  expect(hadSecrets(nodes, [{ id: "1", hadSecrets: false }, { id: "2", hadSecrets: true }, { id: "4", hadSecrets: true }])).toEqual(["b"]);
});

test("a workflow is read back as what could be submitted", () => {
  const nodes = [
    { name: "a", task: "1", after: [], mayFail: true }, { name: "b", task: "2", after: [{ node: "a", on: "succeeded" }, { node: "a", on: "ended" }], mayFail: false },
  ] as unknown as WorkflowNode[];
  const tasks = new Map<string, TaskSpec>([["1", { cmd: "true", name: "a", queue: "etl", env: { WORKFLOW_ID: "w", WORKFLOW_NODE: "a" } }], ["2", { cmd: "false", name: "other", queue: "etl", secretEnv: { K: "" }, env: { A: "1", WORKFLOW_ID: "w", WORKFLOW_NODE: "b" } }]]);
  expect(specOf({ name: "w", queue: "etl", labels: {}, onFailure: "cancel" } as unknown as Workflow, nodes, tasks)).toEqual({
    name: "w", queue: "etl", onFailure: "cancel",
    nodes: [{ name: "a", task: { cmd: "true" }, mayFail: true }, { name: "b", task: { cmd: "false", env: { A: "1" }, name: "other" }, after: ["a", { node: "a", on: "ended" }] }],
  });
});
