import { describe, expect, test } from "vitest";
import type { Node, Rollout, RolloutSpec } from "../src/api/types";
import { changed, faultsOf, first, labelsOf, nodesOf, selectedOf, shareOf, sharesOf, specOf, startLine, wavesOf } from "../src/format/rollout";

const node = (id: string, labels: Node["labels"] = {}, state: Node["state"] = "ready") => ({ id, state, labels: { "node/id": id, ...labels } });
const ids = (nodes: { id: string }[]) => nodes.map(({ id }) => id).join(" ");

describe("shares", () => {
  test.each([["", undefined], [" 3 ", 3], ["10%", "10%"], ["2.5%", "2.5%"], ["-1", "-1"], ["all", "all"]])("%j is read as %j", (text, share) => expect(shareOf(text)).toBe(share));

  test("stand with commas between them, and may still be typed", () => {
    expect(sharesOf("1,10% , 100%")).toEqual([1, "10%", "100%"]);
    expect(sharesOf("1, ")).toEqual([1]);
    expect(sharesOf(" , ")).toBeUndefined();
  });

  test.each([
    [3, 10, 3, 3], [30, 10, 10, 10], [0, 10, 0, 0], ["10%", 25, 3, 2], ["100%", 25, 25, 25], ["0%", 25, 0, 0], ["0.5%", 10, 1, 0], [".5%", 10, 1, 0], ["7%", 100, 7, 7],
    // As binary fractions this is 11.000000000000002.
    ["2.2%", 500, 11, 11],
  ])("%j of %i nodes are %i rounded up and %i rounded down", (share, all, up, down) => expect([nodesOf(share, all, "up"), nodesOf(share, all, "down")]).toEqual([up, down]));

  test.each(["101%", "100.1%", "-1%", "1e1%", "%", ".%", "all", "5", -1, 1.5, null, {}])("%j is none", (share) => expect(nodesOf(share, 10, "up")).toBeNull());
});

describe("the selection", () => {
  const nodes = [node("w3", { role: "web" }), node("w10", { role: "web", zone: "a" }, "lost"), node("w1", { role: "web", zone: "a" }, "busy"), node("w2", { role: "db" }, "draining"),
    node("app", { role: "web", "handler/mail": "true" })];

  test("has the nodes with all labels, those that take work first, and none that only runs handlers", () => {
    expect(ids(selectedOf(nodes, undefined))).toBe("w1 w3 w10 w2");
    expect(ids(selectedOf(nodes, { role: "web" }))).toBe("w1 w3 w10");
    expect(ids(selectedOf(nodes, { role: "web", zone: "a" }))).toBe("w1 w10");
    expect(ids(selectedOf(nodes, { "node/id": "w2" }))).toBe("w2");
    expect(selectedOf(nodes, { role: "" })).toEqual([]);
  });

  test("is completed by the labels of the nodes, the most common first", () =>
    expect(labelsOf(nodes).slice(0, 3)).toEqual([["role=web", 4], ["zone=a", 2], ["handler/mail=true", 1]]));
});

describe("waves", () => {
  const five = ["a", "b", "c", "d", "e"];
  const told = (waves: unknown, nodes: string[] = five) => wavesOf(waves, nodes)?.map((wave) => wave.join("")) ?? null;

  test.each([
    [undefined, ["abcde"]], [["100%"], ["abcde"]], [[1, "100%"], ["a", "bcde"]], [[2, 3], ["ab", "c"]], [[9], ["abcde"]],
    // A tenth of five nodes is one, which the first wave has.
    [[1, "10%", "100%"], ["a", "", "bcde"]], [["50%", 2, "100%"], ["abc", "", "de"]],
  ])("%j of five nodes", (waves, shown) => expect(told(waves)).toEqual(shown));

  test.each([[[]], [[0, "100%"]], [["0%"]], [["x"]], ["100%"], [null]])("%j are none", (waves) => expect(told(waves)).toBeNull());
});

test("a refusal is shown at the fields that it is about", () => {
  const errors = {
    "waves[1]": ["is 1, after 2."], "task.cmd": ["is missing."], "task.env.a b": ["One.", "Two."], maxFailed: ["No."], select: ["selects no node."], "select.role": ["Too long."],
    "task.name": ["Too long."], wave: ["did you mean 'waves'?"], "task.retrys": ["did you mean 'retry'?"], "task.timeoutX": ["Unknown."],
  };
  expect(faultsOf(errors, first, first)).toEqual({
    waves: [["waves[1]", "is 1, after 2."]], command: [["task.cmd", "is missing."]], env: [["task.env.a b", "One. Two."]], maxFailed: [["maxFailed", "No."]],
    select: [["select", "selects no node."], ["select.role", "Too long."]], name: [["task.name", "Too long."]],
    other: [["wave", "did you mean 'waves'?"], ["task.retrys", "did you mean 'retry'?"], ["task.timeoutX", "Unknown."]],
  });
  expect(faultsOf({}, first, first)).toEqual({});
});

test("a fault is no longer shown once its field has changed", () => {
  const errors = { "waves[0]": ["No."], "task.priority": ["No."], "task.cmd": ["No."], wave: ["Unknown."] };
  const sent: RolloutSpec = { task: { cmd: "", priority: 12 }, waves: [0] };
  expect(Object.keys(faultsOf(errors, sent, sent))).toEqual(["waves", "priority", "command", "other"]);
  expect(Object.keys(faultsOf(errors, sent, { task: { argv: ["ls"], priority: 12 }, waves: [1] }))).toEqual(["priority", "other"]);
});

test("empty fields are left out, but an empty command stays", () => {
  expect(changed(first, { pause: "", catchUp: "1h", waves: undefined })).toEqual({ task: { cmd: "" }, catchUp: "1h" });
  expect(changed<RolloutSpec["task"]>({ cmd: "x", queue: "ops" }, { cmd: "", queue: "" })).toEqual({ cmd: "" });
});

describe("a rollout", () => {
  const made = (values: Partial<Rollout>) => specOf({ name: "uptime", task: { cmd: "/usr/bin/uptime -p" }, select: {}, waves: ["100%"], maxFailed: 0, pause: "0s", catchUp: "0s", ...values } as Rollout);

  test("is read back without what it has by default", () => {
    expect(made({})).toEqual({ task: { cmd: "/usr/bin/uptime -p" } });
    expect(made({ name: "patch", task: { argv: ["/bin/true"], name: "patch" } })).toEqual({ task: { argv: ["/bin/true"], name: "patch" } });
    expect(made({ name: "patch", select: { role: "web" }, waves: [1, "100%"], maxFailed: "5%", pause: "5m", catchUp: "1d" })).toEqual({
      name: "patch", task: { cmd: "/usr/bin/uptime -p" }, select: { role: "web" }, waves: [1, "100%"], maxFailed: "5%", pause: "5m", catchUp: "1d",
    });
  });

  test("whose body cannot be read leaves an empty form", () =>
    expect(made({ name: "", task: null, select: null, waves: null, maxFailed: null, pause: null, catchUp: null })).toEqual({ task: { cmd: "" } }));

  test("is started by a line for otask", () => {
    expect(startLine({ task: { cmd: "apt upgrade", name: "patch", queue: "ops" }, select: { role: "web", zone: "a b" }, waves: [1, "10%", "100%"], maxFailed: 0, pause: "5m", catchUp: "1d" })).toBe(
      "otask rollout start --select role=web --select 'zone=a b' --waves 1,10%,100% --max-failed 0 --pause 5m --catch-up 1d --queue ops --name patch 'apt upgrade'");
    expect(startLine({ task: { argv: ["ls", "it's"] } })).toBe("otask rollout start -- ls 'it'\\''s'");
    expect(startLine({ task: { cmd: "cat", stdin: "x" }, waves: [1] })).toBe('otask rollout start --waves 1 --spec - <<\'EOF\'\n{\n  "cmd": "cat",\n  "stdin": "x"\n}\nEOF');
    // Options have no name for the rollout alone.
    expect(startLine({ name: "patch", task: { cmd: "true" } })).toBe(`otask api POST /api/v1/rollouts --data '{"name":"patch","task":{"cmd":"true"}}'`);
  });
});
