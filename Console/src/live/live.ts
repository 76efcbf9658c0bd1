import { signal } from "@preact/signals";
import { call, needsKey } from "../api/client";
import type { LiveEvent } from "../api/types";
import { touch } from "../store/resource";
import { EventParser, readEvents } from "./sse";

/** How the event stream is: `late` while nothing came for longer than the gateway's 15 s, `stale` while there is none. */
export type Liveness = "connecting" | "live" | "late" | "stale" | "paused";

export const liveness = signal<Liveness>("connecting");
/** When the last sign of life came, by the browser's clock; 0 before the first. */
export const lastSeen = signal(0);
/** What a reconnect found: whether events were missed. */
export const resumed = signal<"" | "nothing missed" | "reset, reloaded">("");
/** The newest events, newest first. */
export const events = signal<(LiveEvent & { key: number })[]>([]);

const kept = 500;
const lateAfter = 20_000;
const hiddenFor = 60_000;
const topics: Record<string, string[]> = {
  task: ["/tasks", "/failures", "/queues", "/workflows/"], workflow: ["/workflows"], job: ["/jobs"], node: ["/nodes", "/attention"], queue: ["/queues", "/attention"], schedule: ["/schedules"],
};

let lastId: string | null = null;
let next = 0;
let stop: AbortController | null = null;
let pending: LiveEvent[] = [];
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("otask-live");

/** Starts to listen. One tab of a browser reads the stream and tells the others, where the browser has locks. */
export function startLive(): void {
  setInterval(watch, 1_000);
  channel?.addEventListener("message", ({ data }) => {
    lastSeen.value = Date.now();
    if (data.reset)
      reset();
    if (data.event)
      note(data.event);
    if (liveness.value !== "paused")
      liveness.value = "live";
  });
  const locks = navigator.locks as LockManager | undefined;
  if (locks && channel)
    void locks.request("otask-live", () => run(true));
  else
    void run(false);
}

/** Freezes the page, or lets it go on. */
export function setPaused(paused: boolean): void {
  liveness.value = paused ? "paused" : "live";
  if (!paused)
    touch("");
}

async function run(tells: boolean): Promise<void> {
  for (let tries = 0; ;) {
    while ((document.hidden && !tells && Date.now() - lastSeen.value > hiddenFor) || needsKey.value)
      await pause(500);
    const began = Date.now();
    try {
      await read(tells);
    } catch {
      // What went wrong shows as stale; the next try comes below.
    }
    tries = Date.now() - began > 5_000 ? 0 : Math.min(tries + 1, 5);
    if (liveness.value !== "paused")
      liveness.value = lastSeen.value === 0 ? "connecting" : "stale";
    await pause(Math.min(10_000, 300 * 2 ** tries));
  }
}

async function read(tells: boolean): Promise<void> {
  stop = new AbortController();
  const headers: Record<string, string> = lastId ? { "last-event-id": lastId } : {};
  const response = await call("GET", "/events", { accept: "text/event-stream", headers, signal: stop.signal });
  const resumes = lastId !== null;
  const seen = () => {
    lastSeen.value = Date.now();
    if (liveness.value !== "paused")
      liveness.value = "live";
    if (tells)
      channel?.postMessage({});
  };
  seen();
  if (resumes)
    say("nothing missed");
  const parser = new EventParser();
  await readEvents(response, parser, (event) => {
    if (event.name === "reset") {
      reset();
      if (tells)
        channel?.postMessage({ reset: true });
      return;
    }
    const live = JSON.parse(event.data) as LiveEvent;
    note(live);
    if (tells)
      channel?.postMessage({ event: live });
  }, () => {
    seen();
    lastId = parser.lastId ?? lastId;
  });
}

function reset(): void {
  say("reset, reloaded");
  touch("");
}

function say(text: "nothing missed" | "reset, reloaded"): void {
  resumed.value = text;
  setTimeout(() => resumed.value = "", 6_000);
}

// One redraw a frame, however many events come.
function note(event: LiveEvent): void {
  pending.push(event);
  if (pending.length === 1)
    setTimeout(flush, 100);
}

function flush(): void {
  const fresh = pending.slice(-kept).reverse();
  pending = [];
  const keyed = fresh.map((event) => ({ ...event, key: next++ }));
  events.value = [...keyed, ...events.value].slice(0, kept);
  if (liveness.value === "paused")
    return;
  for (const topic of new Set(fresh.map((event) => event.type)))
    (topics[topic] ?? []).forEach(touch);
}

function watch(): void {
  if (liveness.value === "live" && Date.now() - lastSeen.value > lateAfter)
    liveness.value = "late";
  // A connection that is dead without saying so.
  if (Date.now() - lastSeen.value > 3 * lateAfter && lastSeen.value > 0)
    stop?.abort();
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
