import { type Signal, signal } from "@preact/signals";

/** A signal that the browser remembers, where it may; what it remembers wrongly counts as nothing. */
export function remembered<T extends string | boolean | number>(key: string, fallback: T): Signal<T> {
  let first = fallback;
  try {
    const text = localStorage.getItem(key);
    const value: unknown = text === null ? null : JSON.parse(text);
    if (typeof value === typeof fallback)
      first = value as T;
  } catch {
    // Without storage nothing is remembered.
  }
  const result = signal(first);
  result.subscribe((value) => {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // As above.
    }
  });
  return result;
}
