import { useEffect, useRef, useState } from "preact/hooks";
import { get, pathOf, type Query } from "../api/client";
import type { List } from "../api/types";
import { act } from "../ui/toast";
import { type Read, useResource } from "./resource";

/** A list that is read in pages. */
export interface Pages<T> {
  /** The first page, which is read again and again. */
  first: Read<List<T>>;
  /** What is known of all pages that were asked for. */
  items: T[];
  hasMore: boolean;
  /** Reads the next page. */
  more: () => Promise<unknown>;
}

/** Each item once, where it comes first. */
export function unique<T>(items: T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
}

/** What is known of a list behind its first page. */
interface Behind<T> extends List<T> {
  /** The first page that the items follow. */
  first: T[];
  /** How many of the items were read; others have left the first page since. */
  read: number;
  /** Whether the items must be read again, because some may be missing between them and the first page. */
  isStale: boolean;
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

// The further pages of the lists seen last, so that Back shows them again.
const kept = new Map<string, Behind<unknown>>();
const mostKept = 10;

function keep(address: string, behind: Behind<unknown>): void {
  kept.delete(address);
  kept.set(address, behind);
  if (kept.size > mostKept)
    kept.delete(kept.keys().next().value!);
}

/** How many further items are read at once, and the most that one call gives; some lists give fewer. */
export const moreSize = 500;
const mostAtOnce = 1_000;

/** What is kept behind a first page, adjusted to that page if it has changed. */
function behindOf<T>(address: string, page: List<T> | null, keyOf: (item: T) => string): Behind<T> | null {
  const known = (kept.get(address) ?? null) as Behind<T> | null;
  if (!known || !page?.items || known.first === page.items)
    return known;
  if (page.nextCursor === null) {
    kept.delete(address);
    return null;
  }
  const items = following(known.first, page.items, known.items, keyOf);
  // A busy list must not collect items without end: after this many, they are read again.
  const isStale = known.isStale || items === null || items.length > known.read + moreSize;
  const moved: Behind<T> = { ...known, items: items ?? known.items, first: page.items, isStale };
  kept.set(address, moved);
  return moved;
}

/** The list at a path with a query, of which one page is shown at first, and more when somebody asks. One call gives at most `most` items. */
export function usePages<T>(path: string, query: Query, period: number, keyOf: (item: T) => string, most = mostAtOnce): Pages<T> {
  const address = pathOf(path, query);
  const first = useResource<List<T>>(address, period);
  const page = first.data;
  // Only the pages of this query, even if others arrive late.
  const behind = behindOf(address, page, keyOf);
  const [, arrived] = useState(0);
  const firstCursor = page?.nextCursor ?? null;
  const read = (cursor: string | null, limit: number) => get<List<T>>(pathOf(path, { ...query, limit: Math.min(most, limit), cursor }));
  const readAgain = async (known: Behind<T>, of: List<T>) => {
    const items: T[] = [];
    let cursor = of.nextCursor;
    for (let left = known.read; left > 0 && cursor !== null; left = known.read - items.length) {
      const next = await read(cursor, left);
      items.push(...next.items);
      cursor = next.items.length > 0 ? next.nextCursor : null;
    }
    keep(address, { items, nextCursor: cursor, first: of.items, read: items.length, isStale: false });
    arrived((count) => count + 1);
  };
  // Kept items may have changed, so they are read again once; after that, only when some may be missing.
  const current = useRef("");
  useEffect(() => {
    if (!behind || !page || firstCursor === null || (current.current === address && !behind.isStale))
      return;
    current.current = address;
    keep(address, { ...behind, isStale: false });
    readAgain(behind, page).catch(() => {
      const known = kept.get(address);
      if (known)
        known.isStale = true;
    });
  }, [address, page, behind?.isStale]);
  const cursor = behind ? behind.nextCursor : firstCursor;
  const more = () => act("More loaded", async () => {
    const next = await read(cursor, moreSize);
    const known = kept.get(address) as Behind<T> | undefined;
    const items = [...known?.items ?? [], ...next.items];
    current.current = address;
    // The known items may have been read again during this call, and may now end at another cursor.
    const isStale = known ? known.isStale || known.nextCursor !== cursor : behind !== null;
    keep(address, { items, nextCursor: next.nextCursor, first: known?.first ?? page?.items ?? [], read: items.length, isStale });
    arrived((count) => count + 1);
  });
  // An item that has left the first page since it was read can also be in the second one.
  const items = unique([...page?.items ?? [], ...behind?.items ?? []], keyOf);
  return { first, items, hasMore: cursor !== null, more };
}
