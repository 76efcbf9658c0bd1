import { useEffect, useRef, useState } from "preact/hooks";
import { get, pathOf, type Query } from "../api/client";
import { Problem } from "../api/problem";
import type { List } from "../api/types";
import { say } from "../ui/toast";
import { type Read, useResource } from "./resource";

/** A list that is read in pages. */
export interface Pages<T> {
  /** The first page, which is read again and again. */
  first: Read<List<T>>;
  /** What is known of all pages that were asked for. */
  items: T[];
  hasMore: boolean;
  /** Reads the next page. */
  more: () => Promise<void>;
  /** Why the next page could not be read; null before a try, and after one that succeeded. */
  problem: Problem | null;
}

/** How many further items "Show more" reads. */
export const moreSize = 500;
/** The most items that one call returns; some lists return fewer. */
const mostAtOnce = 1_000;

/** What is known of a list beyond its first page. */
export interface Beyond<T> {
  items: T[];
  /** Where the page after `items` begins; null if `items` end the list. */
  nextCursor: string | null;
  /** The items of the first page that `items` follow. */
  firstItems: T[];
  /** How many items the latest reads returned. `items` has more of them once newer items have pushed some off the first page. */
  readCount: number;
  /** Whether `items` must be read again, because some may be missing between the first page and them. */
  isStale: boolean;
}

/** Each item once, where it comes first. */
export function unique<T>(items: T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
}

/**
 * Returns the items that follow a first page that was read again: first those that newer items have pushed off the page, then those known behind it.
 * An item that is missing before another one that is still there is gone. Null if the page has no item in common with the known ones.
 */
export function following<T>(before: T[], now: T[], behind: T[], keyOf: (item: T) => string): T[] | null {
  const here = new Set(now.map(keyOf));
  const last = before.findLastIndex((item) => here.has(keyOf(item)));
  return last >= 0 ? [...before.slice(last + 1), ...behind] : behind.some((item) => here.has(keyOf(item))) ? behind : null;
}

/** Returns what is known beyond a first page that was read again; null if that page is the whole list now. */
export function movedTo<T>(page: List<T>, known: Beyond<T>, keyOf: (item: T) => string): Beyond<T> | null {
  if (known.firstItems === page.items)
    return known;
  if (page.nextCursor === null)
    return null;
  const items = following(known.firstItems, page.items, known.items, keyOf);
  // A busy list must not collect items without end.
  const areTooMany = items !== null && items.length > known.readCount + moreSize;
  return { ...known, items: items ?? known.items, firstItems: page.items, isStale: known.isStale || items === null || areTooMany };
}

/** Reads items from a cursor on, in as many calls as it takes, until there are `count` of them or the list ends. */
export async function readItems<T>(
  cursor: string | null, count: number, readPage: (cursor: string, limit: number) => Promise<List<T>>,
): Promise<List<T>> {
  const items: T[] = [];
  while (cursor !== null && items.length < count) {
    const page = await readPage(cursor, count - items.length);
    items.push(...page.items);
    // An empty page is the last one, even if it has a cursor.
    cursor = page.items.length > 0 ? page.nextCursor : null;
  }
  return { items, nextCursor: cursor };
}

// By address, what lies beyond the first pages of the lists seen last, so that Back shows it again.
const kept = new Map<string, Beyond<unknown>>();
const mostKept = 10;

const keptAt = <T>(address: string) => (kept.get(address) ?? null) as Beyond<T> | null;

function keep(address: string, beyond: Beyond<unknown>): void {
  kept.delete(address);
  kept.set(address, beyond);
  if (kept.size > mostKept)
    kept.delete(kept.keys().next().value!);
}

/** What is kept beyond a first page; it moves with that page. */
function keptBeyond<T>(address: string, page: List<T> | null, keyOf: (item: T) => string): Beyond<T> | null {
  const known = keptAt<T>(address);
  // An answer of another shape has no items.
  if (!known || !page?.items)
    return known;
  const moved = movedTo(page, known, keyOf);
  if (moved === null)
    kept.delete(address);
  else
    kept.set(address, moved);
  return moved;
}

/** The list at a path with a query, of which one page is shown at first, and more when somebody asks. One call gives at most `most` items. */
export function usePages<T>(path: string, query: Query, period: number, keyOf: (item: T) => string, most = mostAtOnce): Pages<T> {
  // Everything is kept by address, so that an answer that comes late never reaches the list of another query.
  const address = pathOf(path, query);
  const first = useResource<List<T>>(address, period);
  const page = first.data;
  const firstCursor = page?.nextCursor ?? null;
  const beyond = keptBeyond(address, page, keyOf);
  const cursor = beyond ? beyond.nextCursor : firstCursor;
  const [, showAgain] = useState(0);
  const [failed, setFailed] = useState<{ address: string; problem: Problem } | null>(null);
  const keepAndShow = (read: Beyond<T>) => {
    keep(address, read);
    showAgain((count) => count + 1);
  };
  const readPage = (from: string | null, limit: number) => get<List<T>>(pathOf(path, { ...query, limit: Math.min(most, limit), cursor: from }));

  // The address beyond whose first page this component has read. What is kept from an earlier visit may have changed, so it is read again once.
  const readAddress = useRef("");
  useEffect(() => {
    const isFromEarlier = readAddress.current !== address;
    if (!page || firstCursor === null || !beyond || !(isFromEarlier || beyond.isStale))
      return;
    readAddress.current = address;
    // While it is being read, it is not read a second time.
    keep(address, { ...beyond, isStale: false });
    readItems(firstCursor, beyond.readCount, readPage).then(
      (read) => keepAndShow({ ...read, firstItems: page.items, readCount: read.items.length, isStale: false }),
      () => {
        // The next change of the first page tries again.
        const known = keptAt<T>(address);
        if (known)
          known.isStale = true;
      });
  }, [address, page, beyond?.isStale]);

  const more = async () => {
    setFailed(null);
    try {
      const next = await readPage(cursor, moreSize);
      readAddress.current = address;
      // During the call, what is kept may have been read again and may now end elsewhere, or may have been dropped. Then items may be missing before these.
      const known = keptAt<T>(address);
      const isStale = known ? known.isStale || known.nextCursor !== cursor : beyond !== null;
      const items = [...known?.items ?? [], ...next.items];
      keepAndShow({ items, nextCursor: next.nextCursor, firstItems: known?.firstItems ?? page?.items ?? [], readCount: items.length, isStale });
      say("More loaded");
    } catch (thrown) {
      const problem = Problem.from(thrown);
      setFailed(problem && { address, problem });
    }
  };

  // An item that has left the first page since it was read can also be in the second one.
  const items = unique([...page?.items ?? [], ...beyond?.items ?? []], keyOf);
  return { first, items, hasMore: cursor !== null, more, problem: failed?.address === address ? failed.problem : null };
}
