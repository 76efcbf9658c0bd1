import { signal } from "@preact/signals";
import { utc } from "../format/time";
import { liveness, setPaused } from "../live/live";
import { go } from "../router";
import { asTables } from "../ui/Chart";

export const paletteOpen = signal(false);
export const keysOpen = signal(false);

/** Where `g` and a letter lead. */
export const jumps: Record<string, [string, string]> = {
  o: ["/", "Overview"], t: ["/ui/tasks", "Tasks"], n: ["/ui/nodes", "Nodes"], j: ["/ui/jobs", "Jobs"], w: ["/ui/workflows", "Workflows"], s: ["/ui/schedules", "Schedules"], r: ["/ui/rollouts", "Rollouts"], d: ["/ui/definitions", "Definitions"],
  q: ["/ui/queues", "Queues"], e: ["/ui/events", "Events"], c: ["/ui/cluster", "Cluster"], h: ["/ui/webhooks", "Webhooks"], k: ["/ui/keys", "Keys"], u: ["/ui/audit", "Audit"], a: ["/ui/api", "API"],
};

/** What the keys do, for the list that `?` shows. */
export const keyList: [string, string][] = [
  ["Ctrl K", "Find a page, an action or an id"], ["/", "Go to the filter of a page"], ["g then o t j w d s r q n e c h k u a", "Open a page"],
  ["j  k", "Next and previous row"], ["Enter", "Open the row"], ["x", "Select the row"], ["n", "New task"], ["p", "Freeze the page, or go on"],
  ["z", "Switch between UTC and local time"], ["t", "Charts as tables, and back"], ["Esc", "Close, or go back"], ["?", "This list"],
];

let afterG = 0;

/** Listens for keys; none of them destroys anything. */
export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      paletteOpen.value = !paletteOpen.value;
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]"))
      return;
    if (act(event))
      event.preventDefault();
  });
}

function act(event: KeyboardEvent): boolean {
  const jump = jumps[event.key];
  if (Date.now() - afterG < 1_500 && jump) {
    afterG = 0;
    go(jump[0]);
    return true;
  }
  switch (event.key) {
    case "g": afterG = Date.now(); return true;
    case "?": keysOpen.value = true; return true;
    case "z": utc.value = !utc.value; return true;
    case "t": asTables.value = !asTables.value; return true;
    case "p": setPaused(liveness.value !== "paused"); return true;
    case "n": go("/ui/new/task"); return true;
    case "/": return focus("[data-filter]");
    case "j": return move(1);
    case "k": return move(-1);
    case "x": return press("tr.at input[type=checkbox]");
    // Where the focus is on something to press, Enter presses that.
    case "Enter": return document.activeElement?.matches("body, main, h1") === true && press("tr.at a");
    case "Escape": if (history.length > 1) history.back(); return true;
    default: return false;
  }
}

// Rows are marked in the page itself: whichever table is on it.
function move(step: number): boolean {
  const rows = [...document.querySelectorAll<HTMLTableRowElement>("table[data-rows] tbody tr:not(.gap)")];
  const at = rows.findIndex((row) => row.classList.contains("at"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  rows[at]?.classList.remove("at");
  next?.classList.add("at");
  next?.scrollIntoView({ block: "nearest" });
  return rows.length > 0;
}

function focus(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector);
  found?.focus();
  return found !== null;
}

function press(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector);
  found?.click();
  return found !== null;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  && (target as HTMLInputElement).type !== "checkbox";
