import { useEffect, useState } from "preact/hooks";
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

// The further pages of the lists seen last, so that Back shows them again.
const kept = new Map<string, List<unknown>>();
const mostKept = 10;

function keep(address: string, list: List<unknown>): void {
  kept.delete(address);
  kept.set(address, list);
  if (kept.size > mostKept)
    kept.delete(kept.keys().next().value!);
}

/** How many further items are read at once, and the most that one call gives; some lists give fewer. */
export const moreSize = 500;
const mostAtOnce = 1_000;

/** The list at a path with a query, of which one page is shown at first, and more when somebody asks. One call gives at most `most` items. */
export function usePages<T>(path: string, query: Query, period: number, keyOf: (item: T) => string, most = mostAtOnce): Pages<T> {
  const address = pathOf(path, query);
  const first = useResource<List<T>>(address, period);
  // Only the pages of this query, even if others arrive late.
  const behind = (kept.get(address) ?? null) as List<T> | null;
  const [, arrived] = useState(0);
  const firstCursor = first.data?.nextCursor ?? null;
  // Whatever was kept may have changed since, so it is read again once.
  useEffect(() => {
    const known = kept.get(address);
    if (known && firstCursor)
      void get<List<T>>(pathOf(path, { ...query, limit: Math.min(most, known.items.length), cursor: firstCursor }))
        .then((list) => { keep(address, list); arrived((count) => count + 1); }, () => {});
  }, [address, firstCursor !== null]);
  const cursor = behind ? behind.nextCursor : firstCursor;
  const more = () => act("More loaded", async () => {
    const next = await get<List<T>>(pathOf(path, { ...query, limit: Math.min(most, moreSize), cursor }));
    keep(address, { items: [...behind?.items ?? [], ...next.items], nextCursor: next.nextCursor });
    arrived((count) => count + 1);
  });
  // An item that has left the first page since it was read can be in the second one, too.
  const items = unique([...first.data?.items ?? [], ...behind?.items ?? []], keyOf);
  return { first, items, hasMore: cursor !== null, more };
}
