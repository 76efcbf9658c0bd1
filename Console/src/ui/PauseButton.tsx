import { send } from "../api/client";
import { lacks } from "../api/session";
import type { Queue } from "../api/types";
import { Button } from "./parts";
import { act } from "./toast";

/** Pauses a queue or ends that; the notice that says so has the way back. */
export function PauseButton({ queue }: { queue: Queue }) {
  const operate = lacks("operate");
  const set = (paused: boolean) => send("PUT", `/queues/${queue.name}`, { paused });
  const to = !queue.paused;
  return <Button icon={to ? "pause" : "running"} disabled={!!operate} title={operate ?? (to ? "Nothing new starts; what runs goes on" : undefined)}
    onClick={() => act(to ? `${queue.name} is paused` : `${queue.name} goes on`, () => set(to), () => set(!to))}>{to ? "Pause" : "Resume"}</Button>;
}
