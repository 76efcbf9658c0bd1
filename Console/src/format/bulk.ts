import type { Changed } from "../api/client";
import { Problem } from "../api/problem";
import { count, plural } from "./numbers";

/** The rule of a retry of all tasks that match. */
export const nodesLeftOut = "Nodes of workflows are left out: retry them on the workflow's page.";

/** What a retry or cancel of `asked` tasks has done; `why` is why one of the others was refused. */
export function bulkWords(verb: "retry" | "cancel", changed: number, asked: number, why = ""): string {
  const done = `${plural(changed, "task")} ${verb === "retry" ? "queued again" : "asked to end"}`;
  if (changed >= asked)
    return done;
  const left = count(asked - changed);
  return why ? `${done}, ${left} refused: ${why}` : `${done}, ${left} left as before${verb === "retry" ? `. ${nodesLeftOut}` : ""}`;
}

/** Passes on what a retry or cancel of all that match has changed; nothing at all is a problem. */
export const orNothing = (verb: "retry" | "cancel") => (found: Changed<{ changed: number }>): Changed<{ changed: number }> => {
  if (found.answer.changed === 0)
    throw new Problem(409, "nothing-changed", verb === "retry" ? "None was queued again" : "None was asked to end", verb === "retry" ? nodesLeftOut : "They have ended.");
  return found;
};
