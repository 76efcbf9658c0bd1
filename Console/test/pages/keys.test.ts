import { expect, test } from "vitest";
import { openWindow } from "./browser";

const window = openWindow();

test("Enter opens the marked row, unless the focus is on something that Enter presses", async () => {
  const { startKeys } = await import("../../src/shell/keys");
  startKeys();
  document.body.innerHTML = '<main tabindex="-1"><h1 tabindex="-1">Tasks</h1><button>All</button><table><tbody><tr class="at"><td><a href="/">one</a></td></tr></tbody></table></main>';
  let opened = 0;
  document.querySelector("a")!.addEventListener("click", (event) => { event.preventDefault(); opened++; });
  const counts = ["h1", "button", "main"].map((name) => {
    document.querySelector<HTMLElement>(name)!.focus();
    document.activeElement!.dispatchEvent(new window.KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }) as unknown as Event);
    return opened;
  });
  expect(counts).toEqual([1, 1, 2]);
});
