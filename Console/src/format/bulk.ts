import type { Changed } from "../api/client";
import { Problem } from "../api/problem";
import { count, plural } from "./numbers";

/** Says which tasks a retry of all matching tasks leaves out. */
export const nodesLeftOut = "Nodes of workflows are left out: retry them on the workflow's page.";

/** Says what a retry or cancel of `asked` tasks has changed; `why` is the reason for which one of them was refused. */
export function bulkWords(verb: "retry" | "cancel", changed: number, asked: number, why = ""): string {
  const done = `${plural(changed, "task")} ${verb === "retry" ? "queued again" : "asked to end"}`;
  if (changed >= asked)
    return done;
  const left = count(asked - changed);
  return why ? `${done}, ${left} refused: ${why}` : `${done}, ${left} left as before${verb === "retry" ? `. ${nodesLeftOut}` : ""}`;
}

/** Returns the answer to a retry or cancel of all matching tasks; throws a problem if nothing has changed. */
/** Why a bulk call would change nothing. */
export const nothingToDo = (verb: "retry" | "cancel", { workflowNodes = 0 }: { workflowNodes?: number }): string =>
  verb === "cancel" ? "None of them is open" : workflowNodes > 0 ? `None of them can be retried. ${nodesLeftOut}` : "None of them can be retried";

export const requireChange = (verb: "retry" | "cancel") => (found: Changed<{ changed: number }>): Changed<{ changed: number }> => {
  if (found.answer.changed === 0)
    throw new Problem(409, "nothing-changed", verb === "retry" ? "None was queued again" : "None was asked to end", verb === "retry" ? nodesLeftOut : "They have ended.");
  return found;
};
