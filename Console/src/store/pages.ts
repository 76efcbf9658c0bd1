import { useState } from "preact/hooks";
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

/** The list at a path with a query, of which one page is shown at first, and more when somebody asks. */
export function usePages<T>(path: string, query: Query, period: number, keyOf: (item: T) => string): Pages<T> {
  const address = pathOf(path, query);
  const first = useResource<List<T>>(address, period);
  const [rest, setRest] = useState<{ address: string; list: List<T> } | null>(null);
  // Pages of another query do not belong here, even if they arrive late.
  const behind = rest?.address === address ? rest.list : null;
  const cursor = behind ? behind.nextCursor : first.data?.nextCursor ?? null;
  const more = () => act("More loaded", async () => {
    const next = await get<List<T>>(pathOf(path, { ...query, cursor }));
    setRest({ address, list: { items: [...behind?.items ?? [], ...next.items], nextCursor: next.nextCursor } });
  });
  // An item that has left the first page since it was read can be in the second one, too.
  const items = unique([...first.data?.items ?? [], ...behind?.items ?? []], keyOf);
  return { first, items, hasMore: cursor !== null, more };
}
