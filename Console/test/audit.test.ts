import { describe, expect, it } from "vitest";
import type { AuditRecord } from "../src/api/types";
import { changeOf } from "../src/format/attention";
import { actorOf, byWords, changesOf, pageOf, sentenceOf } from "../src/format/audit";

const record = (change: Partial<AuditRecord>): AuditRecord => ({
  id: "i", at: "2026-11-05T09:30:00.000Z", actor: { key: null, name: null, says: null }, action: "queue.put", target: "mail", count: 1,
  before: null, after: null, reason: null, address: null, outcome: "done", ...change,
});

describe("audit", () => {
  it("says in a line what changed before something", () => {
    expect(changeOf(record({ actor: { key: "k", name: "ari", says: null }, before: { maxRunning: 40 }, after: { maxRunning: 400 }, reason: "catch up" })))
      .toBe("ari set maxRunning 40 → 400 of queue mail, “catch up”");
    expect(changeOf(record({ action: "node.drain", target: "w1" }))).toBe("someone drained node w1");
  });

  it("says what was done to what, in words", () => {
    const said = (change: Partial<AuditRecord>, names?: Map<string, string>) => { const { did, thing } = sentenceOf(record(change), names); return `${did} ${thing}`; };
    expect(said({ before: { paused: false }, after: { paused: true } })).toBe("paused queue mail");
    expect(said({ before: { paused: true }, after: { paused: false } })).toBe("resumed queue mail");
    expect(said({ after: { maxRunning: 3 } })).toBe("created queue mail");
    expect(said({ action: "task.cancel", target: "id" }, new Map([["id", "nightly-report"]]))).toBe("cancelled task nightly-report");
    expect(said({ action: "task.cancel", target: "queue=old&label=team%3Da", count: 30 })).toBe("cancelled 30 tasks that matched queue=old team=a");
    expect(said({ action: "rollout.start", target: "id" }, new Map([["id", "patch"]]))).toBe("started rollout patch");
    expect(said({ action: "key.create", target: "key-1", after: { name: "mira-laptop" } })).toBe("created key mira-laptop");
    expect(said({ action: "webhook.create", target: "id", after: { host: "example.com" } })).toBe("created the webhook to example.com");
  });

  it("names the key and the claim", () => {
    expect(actorOf({ key: "k", name: "deploy", says: "olga" })).toBe("deploy, as olga (unverified)");
    expect(actorOf({ key: "k", name: "", says: null })).toBe("k");
    expect(actorOf({ key: null, name: null, says: "olga" })).toBe("olga (unverified)");
    expect(actorOf(null)).toBe("");
  });

  it("tells a claim from a key", () => {
    expect(byWords("deploy")).toBe("deploy");
    expect(byWords("says mira")).toBe("mira (unverified)");
    expect(byWords("deploy, says mira")).toBe("deploy, as mira (unverified)");
    expect(byWords(null)).toBe("");
  });

  it("says what differs", () => {
    expect(changesOf(record({ before: { version: 1, paused: false, weight: 1 }, after: { version: 2, paused: true, weight: 1, maxRunning: 3 } })))
      .toBe("paused false → true, maxRunning none → 3");
    expect(changesOf(record({ after: { paused: true } }))).toBe("");
  });

  it("leads to what was changed", () => {
    expect(pageOf(record({}))).toBe("/ui/queues/mail");
    expect(pageOf(record({ action: "rollout.start", target: "id" }))).toBe("/ui/rollouts/id");
    expect(pageOf(record({ action: "queue.delete" }))).toBeUndefined();
    expect(pageOf(record({ action: "task.cancel", target: "queue=mail&state=queued" }))).toBe("/ui/tasks?queue=mail&state=queued");
    // It may have been cut, and would match more.
    expect(pageOf(record({ action: "task.cancel", target: `q=${"x".repeat(498)}` }))).toBeUndefined();
    expect(pageOf(record({ action: "task.retry", target: "a/b" }))).toBe("/ui/tasks/a%2Fb");
    expect(pageOf(record({ action: "key.create", target: "k" }))).toBe("/ui/keys");
    expect(pageOf(record({ action: "key.revoke", target: "k" }))).toBeUndefined();
    expect(pageOf(record({ action: "definition.put", target: "etl/load" }))).toBe("/ui/definitions/etl%2Fload");
    expect(pageOf(record({ action: "calendar.put", target: "holidays" }))).toBe("/ui/calendars");
    expect(pageOf(record({ action: "trigger.rotate", target: "push" }))).toBe("/ui/triggers");
    expect(pageOf(record({ action: "notification.delete", target: "ops" }))).toBeUndefined();
  });
});
