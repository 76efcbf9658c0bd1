import type { Job } from "../api/types";
import { count, plural } from "./numbers";

/** What holds a running job back, in a sentence; empty when it has ended. */
export function heldBackBy(job: Pick<Job, "state" | "chunksQueued" | "chunksRunning" | "itemsRead">): string {
  if (job.state !== "running")
    return "";
  if (job.chunksQueued > 0)
    return job.chunksRunning > 0
      ? `Held back by slots: ${count(job.chunksRunning)} running, ${plural(job.chunksQueued, "chunk")} wait for one. More slots make it faster.`
      : `Held back by its queue: ${plural(job.chunksQueued, "chunk")} wait, and none runs.`;
  return job.chunksRunning > 0
    ? `No chunk waits: held back by its source or by its last chunks, ${count(job.chunksRunning)} running.`
    : "Held back by its source: no items wait.";
}
