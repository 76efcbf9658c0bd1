import { describe, expect, it } from "vitest";
import type { AuditRecord } from "../src/api/types";
import { changeOf } from "../src/format/attention";
import { actorOf, changesOf, pageOf } from "../src/format/audit";

const record = (change: Partial<AuditRecord>): AuditRecord => ({
  id: "i", at: "2026-11-05T09:30:00.000Z", actor: { key: null, name: null, says: null }, action: "queue.put", target: "mail", count: 1,
  before: null, after: null, reason: null, address: null, outcome: "done", ...change,
});

describe("audit", () => {
  it("says in a line what changed before something", () => {
    expect(changeOf(record({ actor: { key: "k", name: "ari", says: null }, before: { maxRunning: 40 }, after: { maxRunning: 400 }, reason: "catch up" })))
      .toBe("ari changed queue mail: maxRunning: 40 → 400, “catch up”");
    expect(changeOf(record({ action: "node.drain", target: "w1" }))).toBe("somebody drained node w1");
  });

  it("names the key and the claim", () => {
    expect(actorOf({ key: "k", name: "deploy", says: "olga" })).toBe("deploy, as olga (unverified)");
    expect(actorOf({ key: "k", name: "", says: null })).toBe("k");
    expect(actorOf({ key: null, name: null, says: "olga" })).toBe("olga (unverified)");
    expect(actorOf(null)).toBe("");
  });

  it("says what differs", () => {
    expect(changesOf(record({ before: { version: 1, paused: false, weight: 1 }, after: { version: 2, paused: true, weight: 1, maxRunning: 3 } })))
      .toBe("paused: false → true, maxRunning: none → 3");
    expect(changesOf(record({ after: { paused: true } }))).toBe("");
  });

  it("leads to what was changed", () => {
    expect(pageOf(record({}))).toBe("/ui/queues/mail");
    expect(pageOf(record({ action: "queue.delete" }))).toBeUndefined();
    expect(pageOf(record({ action: "task.cancel", target: "queue=mail&state=queued" }))).toBe("/ui/tasks?queue=mail&state=queued");
    expect(pageOf(record({ action: "task.retry", target: "a/b" }))).toBe("/ui/tasks/a%2Fb");
    expect(pageOf(record({ action: "key.create", target: "k" }))).toBe("/ui/keys");
    expect(pageOf(record({ action: "key.revoke", target: "k" }))).toBeUndefined();
  });
});
