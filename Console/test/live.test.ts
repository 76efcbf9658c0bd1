import { expect, test, vi } from "vitest";
import { needsKey } from "../src/api/client";
import { session } from "../src/api/session";
import { hear, hearTab, lastSeen, liveness } from "../src/live/live";
import { EventParser } from "../src/live/sse";

test("events are cut at empty lines, wherever pieces end", () => {
  const whole = "id: 7\ndata: {\"a\":1}\n\n: still here\n\nevent: end\ndata: x\ndata: y\n\n";
  for (let cut = 0; cut <= whole.length; cut++) {
    const parser = new EventParser();
    const events = [...parser.feed(whole.slice(0, cut)), ...parser.feed(whole.slice(cut))];
    expect(events).toEqual([{ name: "message", id: "7", data: "{\"a\":1}" }, { name: "end", id: "7", data: "x\ny" }]);
    expect(parser.lastId).toBe("7");
  }
});

test("an id alone is remembered, an unfinished event is not told", () => {
  const parser = new EventParser();
  expect(parser.feed("id: 9\n\ndata: half")).toEqual([]);
  expect(parser.lastId).toBe("9");
  expect(parser.feed("\r\n\r\n")).toEqual([{ name: "message", id: "9", data: "half" }]);
});

test("a tab that another reads for says stale as soon as the other does, and live when it is told anything", () => {
  hear({});
  expect(liveness.value).toBe("live");
  const seen = lastSeen.value;
  hear({ stale: true });
  expect([liveness.value, lastSeen.value]).toEqual(["stale", seen]);
  hear({});
  expect(liveness.value).toBe("live");
});

test("a frozen page stays frozen, whatever it is told", () => {
  liveness.value = "paused";
  hear({ stale: true });
  hear({});
  expect(liveness.value).toBe("paused");
});

test("a tab that waits for a key goes on when another tab has signed in, with that session", async () => {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ name: "olga", scopes: ["read"], needsKey: true })));
  needsKey.value = true;
  hearTab({ signedIn: true });
  await vi.waitFor(() => expect(needsKey.value).toBe(false));
  expect(session.value?.name).toBe("olga");
  vi.unstubAllGlobals();
});
