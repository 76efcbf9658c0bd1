import { signal } from "@preact/signals";
import { call, needsKey } from "../api/client";
import { parseJson } from "../api/json";
import { startSession } from "../api/session";
import type { Tick } from "../api/types";
import { touch } from "../store/resource";
import { EventParser, readEvents } from "./sse";
import { take } from "./ticks";

/** How the stream of ticks is: `late` while nothing came for longer than the gateway's 15 s, `stale` while there is none. */
export type Liveness = "connecting" | "live" | "late" | "stale" | "paused";

export const liveness = signal<Liveness>("connecting");
/** When the last sign of life came, by the browser's clock; 0 before the first. */
export const lastSeen = signal(0);
/** What a reconnect found: whether changes were missed. */
export const resumed = signal<"" | "nothing missed" | "reset, reloaded">("");

const lateAfter = 20_000;
const hiddenFor = 60_000;
const looksEvery = 10_000;

let lastId: string | null = null;
let stop: AbortController | null = null;
// When a tab of this browser was last in sight.
let lastLook = Date.now();
let missed = false;
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("otask-live");

/** Starts to listen. One tab of a browser reads the stream and tells the others, where the browser has locks. */
export function startLive(): void {
  setInterval(watch, 1_000);
  document.addEventListener("visibilitychange", () => { lastSent = 0; look(); });
  channel?.addEventListener("message", ({ data }) => hearTab(data as Said));
  const locks = navigator.locks as LockManager | undefined;
  if (locks && channel)
    void locks.request("otask-live", () => run(true));
  else
    void run(false);
}

/** A message from one tab to the others: that the user looks at it, or has signed in there. Any other message comes from the tab that reads the stream. */
type Said = Told & { looks?: boolean; signedIn?: boolean };

/** Handles a message from another tab. */
export function hearTab(said: Said): void {
  if (said.looks)
    lastLook = Date.now();
  else if (said.signedIn)
    // This tab may be the one that reads the stream, and may be waiting for a key.
    void startSession().then(() => touch(""));
  else
    hear(said);
}

/** Tells the other tabs that this one has signed in: all tabs share the session. */
export const tellSignedIn = (): void => channel?.postMessage({ signedIn: true });

/** A message of the tab that reads the stream to the others; an empty one is a sign of life. */
export interface Told { tick?: Tick; reset?: boolean; stale?: boolean }

/** Takes a message of the tab that reads the stream. */
export function hear({ tick, reset: isReset, stale }: Told): void {
  if (stale) {
    if (liveness.value !== "paused")
      liveness.value = lastSeen.value === 0 ? "connecting" : "stale";
    return;
  }
  const wasStale = liveness.value === "stale";
  lastSeen.value = Date.now();
  if (isReset)
    reset();
  else if (wasStale)
    touch("");
  if (tick)
    note(tick);
  if (liveness.value !== "paused")
    liveness.value = "live";
}

/** Freezes the page, or lets it go on. */
export function setPaused(paused: boolean): void {
  liveness.value = paused ? "paused" : "live";
  if (!paused)
    touch("");
}

async function run(tells: boolean): Promise<void> {
  for (let tries = 0; ;) {
    while (isUnseen() || needsKey.value)
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
    if (tells)
      channel?.postMessage({ stale: true });
    await pause(isUnseen() ? 0 : Math.min(10_000, 300 * 2 ** tries));
  }
}

async function read(tells: boolean): Promise<void> {
  stop = new AbortController();
  const headers: Record<string, string> = lastId ? { "last-event-id": lastId } : {};
  const response = await call("GET", "/live?every=1s", { accept: "text/event-stream", headers, signal: stop.signal });
  const seen = () => {
    lastSeen.value = Date.now();
    if (liveness.value !== "paused")
      liveness.value = "live";
    if (tells)
      channel?.postMessage({});
  };
  seen();
  if (lastId !== null) {
    say("nothing missed");
    // Ticks do not tell of every list; what they did not tell while there were none is read.
    touch("");
  }
  const parser = new EventParser();
  await readEvents(response, parser, (event) => {
    if (event.name === "reset") {
      reset();
      if (tells)
        channel?.postMessage({ reset: true });
      return;
    }
    const tick = parseJson(event.data) as Tick;
    note(tick);
    if (tells)
      channel?.postMessage({ tick });
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

// A tab that nobody sees, or that is frozen, takes no ticks, and reads anew when somebody looks.
function note(tick: Tick): void {
  if (document.hidden || liveness.value === "paused")
    missed = document.hidden || missed;
  else
    take(tick);
}

let lastSent = 0;

function look(): void {
  if (document.hidden)
    return;
  if (missed) {
    missed = false;
    touch("");
  }
  if (Date.now() - lastSent < looksEvery)
    return;
  lastSent = lastLook = Date.now();
  channel?.postMessage({ looks: true });
}

const isUnseen = () => document.hidden && Date.now() - lastLook > hiddenFor;

function watch(): void {
  look();
  if (liveness.value === "live" && Date.now() - lastSeen.value > lateAfter)
    liveness.value = "late";
  // A connection that is dead without saying so; or nobody looks.
  if ((Date.now() - lastSeen.value > 3 * lateAfter && lastSeen.value > 0) || isUnseen())
    stop?.abort();
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
