// Whether the reader has gone to a page whose heading is not shown yet.
let isArriving = false;

/** Says that the reader goes to another page. */
export function arrive(): void {
  isArriving = true;
}

/**
 * Moves the focus to the heading of the page that the reader has just gone to, so that a screen reader reads it: what had the focus is often gone.
 * Takes it neither from a dialog nor from a field of the page.
 */
export function focusHeading(heading: HTMLElement): void {
  const isAwaited = isArriving;
  isArriving = false;
  if (isAwaited && !document.querySelector("dialog[open]") && !heading.closest("main")?.contains(document.activeElement))
    heading.focus({ preventScroll: true });
}
