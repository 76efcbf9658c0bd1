const soon = 300;

/** Lets the keyboard reach what scrolls sideways, as long as it does: tables and texts that are wider than their place. */
export function startScrollers(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    timer ??= setTimeout(() => { timer = undefined; mark(); }, soon);
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  window.addEventListener("resize", look);
}

function mark(): void {
  for (const element of document.querySelectorAll<HTMLElement>("pre, .wide")) {
    if (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight)
      element.tabIndex = 0;
    else
      element.removeAttribute("tabindex");
  }
}
