import { expect, test } from "vitest";
import { freeName, inOrder, nodeWord, workerCommand } from "../src/format/nodes";

const node = (id: string, state: "lost" | "draining" | "busy" | "ready") => ({ id, state });
const ids = (nodes: { id: string }[]) => nodes.map(({ id }) => id);

test("nodes are shown by state, the worst first, when the page opens", () =>
  expect(ids(inOrder([node("w1", "ready"), node("w2", "busy"), node("w3", "lost"), node("w0", "ready")], []))).toEqual(["w3", "w2", "w0", "w1"]));

test("a node stays in its row while its state changes", () =>
  expect(ids(inOrder([node("w1", "ready"), node("w2", "draining"), node("w3", "lost")], ["w1", "w2", "w3"]))).toEqual(["w1", "w2", "w3"]));

test("a new node gets its place, and a forgotten one leaves", () => {
  expect(ids(inOrder([node("w1", "ready"), node("w2", "busy"), node("w4", "ready")], ["w2", "w1"]))).toEqual(["w2", "w1", "w4"]);
  expect(ids(inOrder([node("w1", "ready"), node("w4", "lost")], ["w2", "w1"]))).toEqual(["w4", "w1"]);
});

test.each([["draining", 2, "draining"], ["draining", 0, "drained: safe to stop"], ["ready", 0, "ready"]] as const)("%s with %d slots taken is %s", (state, running, words) =>
  expect(nodeWord({ state, running })).toBe(words));

test("a new worker is offered a name that no node has", () => expect([freeName([]), freeName(["w1", "w3", "gpu"])]).toEqual(["w1", "w2"]));

test("the command that adds a worker leaves out empty fields, and quotes for the shell and for make", () => {
  const fields = { master: "host:50051", name: "", slots: "4", labels: " zone=a  cost=$1 " };

  expect(workerCommand(fields, null)).toBe(
    "make worker ARGS='--master host:50051 --slots 4 --label zone=a --label '\\''cost=$1'\\'''");
  expect(workerCommand(fields, { token: "t1", expiresAt: "" })).toMatch(/^OTASK_JOIN_TOKEN=t1 \\\nmake worker ARGS=/);
});
