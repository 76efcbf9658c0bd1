import { expect, test } from "vitest";
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
