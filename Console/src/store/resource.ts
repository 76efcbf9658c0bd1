import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/client";
import { Problem } from "../api/problem";

/** What is known of an address: old data stays while newer data is on its way, or cannot be had. */
export interface Known<T> { data: T | null; problem: Problem | null; loading: boolean; at: number }

/** What is known of a resource, and how to read it again. */
export type Read<T> = Known<T> & { reload: () => void };

/** One address below /api/v1 that pages show: read while somebody looks, again when events say so. */
export class Resource<T> {
  readonly state: Signal<Known<T>> = signal({ data: null, problem: null, loading: true, at: 0 });
  private users = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private reading: AbortController | null = null;
  private period = 0;
  private took = 0;
  // What is being read may be older than what was told since.
  private mayBeOlder = false;
  // What is being read may be older than a change of the user's own.
  private isOutdated = false;

  constructor(readonly path: string, private readonly read: (path: string, signal: AbortSignal) => Promise<T>) {}

  /** Begins to show it; the result ends that. */
  show(period: number): () => void {
    this.users++;
    this.period = period;
    void this.reload();
    return () => {
      if (--this.users > 0)
        return;
      clearTimeout(this.timer);
      this.timer = undefined;
      this.reading?.abort();
      this.reading = null;
    };
  }

  /** Whether a change of this topic may have changed it. */
  concerns(topic: Topic): boolean {
    return this.users > 0 && (typeof topic === "string" ? this.path.startsWith(topic) : topic(this.path));
  }

  /** Reads it soon: at most every 2 s, less often if it takes the gateway long, and not in a hidden tab. */
  soon(): void {
    const wait = Math.max(50, this.state.value.at + Math.max(2_000, rest * this.took) - Date.now());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tick(), wait);
  }

  /** Changes what is known by what the gateway has told, without reading it. */
  correct(change: (data: T) => T): void {
    const known = this.state.value;
    if (known.data === null)
      return;
    this.state.value = { ...known, data: change(known.data) };
    this.mayBeOlder = this.reading !== null;
  }

  /** Reads it now, unless it is being read. */
  async reload(): Promise<void> {
    if (this.reading)
      return;
    clearTimeout(this.timer);
    const reading = this.reading = new AbortController();
    this.state.value = { ...this.state.value, loading: true };
    this.mayBeOlder = this.isOutdated = false;
    const began = Date.now();
    // Nobody waits for an answer that was given up, and a later read may be under way.
    const isWanted = () => this.reading === reading;
    try {
      const data = await this.read(this.path, reading.signal);
      if (isWanted())
        this.state.value = { data, problem: null, loading: false, at: Date.now() };
    } catch (thrown) {
      const problem = Problem.from(thrown);
      if (problem && isWanted())
        this.state.value = { ...this.state.value, problem, loading: false };
    }
    if (!isWanted())
      return;
    this.reading = null;
    this.took = Date.now() - began;
    if (this.isOutdated && this.users > 0)
      return this.reload();
    if (this.users > 0)
      this.timer = setTimeout(() => this.tick(), isTold() ? this.period : Math.min(this.period, untold));
    if (this.mayBeOlder && this.users > 0)
      this.soon();
  }

  /** Reads it after a change: a read that is under way may have begun before the change, so another one follows it. */
  async renew(): Promise<void> {
    if (this.reading)
      this.isOutdated = true;
    else
      await this.reload();
  }

  private tick(): void {
    if (document.hidden || isFrozen())
      this.timer = setTimeout(() => this.tick(), 1_000);
    else if (this.reading)
      this.mayBeOlder = true;
    else
      void this.reload();
  }
}

const resources = new Map<string, Resource<unknown>>();
const most = 100;
/** An address is read again after this many times as long as it took, at the earliest. */
const rest = 20;
/** How often everything is read while nobody tells what changes. */
const untold = 5_000;
let isFrozen = () => false;
let isTold = () => true;

/** Which addresses: those that begin so, or those that it says. */
export type Topic = string | ((path: string) => boolean);

/** Tells how to know that the reader wants nothing to change, and whether changes are told. */
export function freezeWhen(frozen: () => boolean, told: () => boolean = () => true): void {
  isFrozen = frozen;
  isTold = told;
}

/** Changes what is shown of an address by what the gateway has told of it. */
export function correct<T>(path: string, change: (data: T) => T): void {
  const found = resources.get(path) as Resource<T> | undefined;
  if (found?.concerns(""))
    found.correct(change);
}

/** What is shown of a topic is read again soon; the empty topic is everything. */
export function touch(topic: Topic): void {
  for (const resource of resources.values())
    if (resource.concerns(topic))
      resource.soon();
}

/** What is shown of a topic is read again now, after a change of one's own. */
export function refresh(topic: string): void {
  for (const resource of resources.values())
    if (resource.concerns(topic))
      void resource.renew();
}

/** The resource of a path, the same for all who ask. */
export function resourceOf<T>(path: string, read: (path: string, signal: AbortSignal) => Promise<T> = get): Resource<T> {
  let found = resources.get(path) as Resource<T> | undefined;
  if (!found) {
    // The oldest that nobody shows makes room.
    if (resources.size >= most)
      for (const [key, old] of resources)
        if (!old.concerns(""))
          { resources.delete(key); break; }
    resources.set(path, (found = new Resource<T>(path, read)) as Resource<unknown>);
  }
  return found;
}

/** Shows an address in a component, and reads it every so many milliseconds; null shows nothing. */
export function useResource<T>(path: string | null, period = 10_000): Read<T> {
  const resource = path === null ? null : resourceOf<T>(path);
  useEffect(() => resource?.show(period), [resource, period]);
  if (!resource)
    return { data: null, problem: null, loading: false, at: 0, reload: () => {} };
  return { ...resource.state.value, reload: () => void resource.reload() };
}
