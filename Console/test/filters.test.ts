import { describe, expect, it } from "vitest";
import { filtersOf, queryOf } from "../src/format/filters";
import { given, viewsOf, withView } from "../src/format/views";
import { whyShort } from "../src/format/why";
import { completions, lastWord, suggestionsOf } from "../src/ui/FilterBox";

describe("completion of filters", () => {
  const filters = { queue: [{ text: "etl", detail: "3 queued" }, { text: "mail" }], quarantined: [{ text: "true" }], exitCode: [{ text: "1" }, { text: "11" }] };

  it("completes the last word", () => {
    expect(lastWord("exitCode=1 qu")).toEqual(["exitCode=1 ", "qu"]);
    expect(completions("qu", filters)).toEqual([{ text: "queue=" }, { text: "quarantined=" }]);
    expect(completions("queue=", filters)).toEqual([{ text: "queue=etl", detail: "3 queued" }, { text: "queue=mail", detail: undefined }]);
    expect(completions("queue=ma", filters).map(({ text }) => text)).toEqual(["queue=mail"]);
    expect(completions("exitCode=1", filters).map(({ text }) => text)).toEqual(["exitCode=11"]);
    expect(completions("other=", filters)).toEqual([]);
    expect(completions("", filters)).toEqual([]);
  });

  it("takes labels that are called as what every object has", () => {
    const found = suggestionsOf([["constructor", "a"], ["__proto__", "b"], ["constructor", "c"], ["constructor", "a"]]);
    expect(Object.entries(found)).toEqual([["constructor", [{ text: "a" }, { text: "c" }]], ["__proto__", [{ text: "b" }]]]);
    expect(completions("constructor=", found).map(({ text }) => text)).toEqual(["constructor=a", "constructor=c"]);
    expect(completions("constructor=", filters)).toEqual([]);
    expect(completions("toString=a", filters)).toEqual([]);
  });
});

describe("saved views", () => {
  it("have one of what failed in the last hour, whenever it was created", () => {
    const [{ name, query }] = given as [{ name: string; query: string }];
    expect(name).toBe("Failed in the last hour");
    const asked = queryOf(filtersOf(new URLSearchParams(query)), Date.parse("2026-11-26T10:00:00Z"));
    expect(asked).toMatchObject({ state: "failed", endedAfter: "2026-11-26T09:00:00.000Z", createdAfter: "" });
  });

  it("replace those of the same name, and what is kept wrongly is none", () => {
    expect(withView([{ name: "b", query: "x" }, { name: "a", query: "y" }], { name: "b", query: "z" })).toEqual([{ name: "a", query: "y" }, { name: "b", query: "z" }]);
    expect(viewsOf("[{\"name\":1},{\"name\":\"a\",\"query\":\"q=1\"}]")).toEqual([{ name: "a", query: "q=1" }]);
    expect(viewsOf("{")).toEqual([]);
  });
});

describe("why a task waits, in a list", () => {
  const now = Date.parse("2026-11-26T10:00:00Z");
  const said = (reason: object, task = {}, estimatedStart: string | null = null) =>
    whyShort({ attempt: 0, spec: {}, ...task }, { reasons: [reason as never], estimatedStart }, now);

  it("says it in a few words", () => {
    expect(said({ code: "backoff" }, { attempt: 2, spec: { retry: { maxAttempts: 9 } } }, "2026-11-26T10:00:14.500Z")).toBe("attempt 3 of 9 in 14 s");
    expect(said({ code: "no-matching-node" }, { spec: { requires: { gpu: "a100" } } })).toBe("no node has gpu=a100");
    expect(said({ code: "not-before" }, {}, "2026-11-26T13:00:00Z")).toBe("starts in 3 h");
    expect(said({ code: "max-running", count: 2 })).toBe("its queue runs 2 at once");
    expect(said({ code: "waiting-for", count: 1 })).toBe("waits for a task");
    expect(said({ code: "some-new-code" })).toBe("some new code");
    expect(whyShort({ attempt: 0, spec: {} }, { reasons: [], estimatedStart: null }, now)).toBe("starts next");
    const none = { reasons: [{ code: "no-matching-node", detail: "" }], estimatedStart: null };
    const nodes = [{ id: "w1", state: "draining", labels: { zone: "a" } }, { id: "w2", state: "ready", labels: {} }] as const;
    expect(whyShort({ attempt: 0, spec: { requires: { zone: "a" } } }, none, now, nodes)).toBe("w1 with zone=a is draining");
    expect(whyShort({ attempt: 0, spec: { requires: { zone: "b" } } }, none, now, nodes)).toBe("no node has zone=b");
    expect(whyShort({ attempt: 0, spec: {} }, none, now, nodes)).toBe("w1 is draining");
  });
});
