import { signal } from "@preact/signals";
import { arrive } from "./arrival";

/** Where the reader is: the address holds the whole state of a page. */
export interface Place { path: string; query: URLSearchParams; hash: string }

const here = (): Place => ({
  path: window.location.pathname, query: new URLSearchParams(window.location.search), hash: window.location.hash.slice(1),
});

export const place = signal<Place>(here());

// Takes the window's address; returns whether it is that of another page.
function move(): boolean {
  const before = place.value.path;
  place.value = here();
  const isOther = before !== place.value.path;
  if (isOther)
    arrive();
  return isOther;
}

/** Goes to an address of the console. */
export function go(url: string, replace = false): void {
  if (!replace)
    history.replaceState({ y: window.scrollY }, "");
  history[replace ? "replaceState" : "pushState"](replace ? history.state : null, "", url);
  if (move())
    window.scrollTo(0, 0);
}

/** Changes values of the query and stays on the page; null and empty values are removed. */
export function setQuery(values: Record<string, string | string[] | null>, replace = true): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(values)) {
    query.delete(name);
    for (const one of Array.isArray(value) ? value : [value])
      if (one)
        query.append(name, one);
  }
  const text = query.toString();
  go(place.value.path + (text ? `?${text}` : ""), replace);
}

/** The parameters of a path by a pattern as /ui/tasks/:id; null when it does not fit. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.replace(/\/+$/, "").split("/");
  if (wanted.length !== given.length && !(pattern === "/" && path === "/"))
    return null;
  const found: Record<string, string> = {};
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i]!.startsWith(":")) {
      try {
        found[wanted[i]!.slice(1)] = decodeURIComponent(given[i] ?? "");
      } catch {
        return null;
      }
    } else if (wanted[i] !== (given[i] ?? "")) {
      return null;
    }
  }
  return found;
}

// Waits until the lists have made the page long enough again.
function scrollBackTo(y: number): void {
  const until = Date.now() + 3_000;
  const path = place.value.path;
  const step = () => {
    if (place.value.path !== path)
      return;
    if (document.documentElement.scrollHeight >= y + window.innerHeight || Date.now() > until)
      window.scrollTo(0, y);
    else
      requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

/** Follows links within the page, and the browser's own back and forward, which return to the place in a list. */
export function startRouter(): void {
  history.scrollRestoration = "manual";
  window.addEventListener("popstate", ({ state }: PopStateEvent) => {
    move();
    scrollBackTo((state as { y?: number } | null)?.y ?? 0);
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    const link = (event.target as Element).closest("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== window.location.origin)
      return;
    if (link.pathname !== "/" && link.pathname !== "/ui" && !link.pathname.startsWith("/ui/"))
      return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}
