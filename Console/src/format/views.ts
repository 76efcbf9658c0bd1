/** A list that somebody has named: its filters and order, as the address has them. */
export interface View { name: string; query: string }

/** Views that everybody has. */
export const given: View[] = [
  { name: "Failed in the last hour", query: "state=failed&endedAfter=-1h&sort=-ended" }, { name: "Running longer than an hour", query: "state=running&longerThan=1h" }, { name: "Waiting", query: "state=queued" },
  { name: "Quarantined", query: "state=failed&quarantined=true" },
];

/** Reads the views that a browser has kept; what it kept wrongly counts as none. */
export function viewsOf(text: string): View[] {
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? found.filter((one): one is View => typeof one?.name === "string" && typeof one?.query === "string") : [];
  } catch {
    return [];
  }
}

/** The views with one more; one of the same name is replaced. */
export const withView = (views: View[], view: View): View[] => [...views.filter((one) => one.name !== view.name), view].sort((a, b) => a.name.localeCompare(b.name));
