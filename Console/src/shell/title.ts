import { signal } from "@preact/signals";

/** What the page shows, for the window's title. */
export const pageTitle = signal("");
