import { send } from "../api/client";
import { lacks } from "../api/session";
import type { Queue } from "../api/types";
import { confirmWhy } from "./confirm";
import { Button } from "./parts";
import { act } from "./toast";

/** Pauses a queue, with a reason, or ends that; the notice that says so has the way back. */
export function PauseButton({ queue }: { queue: Queue }) {
  const operate = lacks("operate");
  const set = (paused: boolean, reason?: string) => send("PUT", `/queues/${queue.name}`, { paused }, reason);
  const to = !queue.paused;
  const change = async () => {
    const reason = to ? await confirmWhy({ title: `Pause ${queue.name}?`, action: "Pause", text: "Nothing new starts; what runs goes on." }) : "";
    if (reason !== null)
      await act(to ? `${queue.name} is paused` : `${queue.name} goes on`, () => set(to, reason), () => set(!to));
  };
  return <Button icon={to ? "pause" : "running"} disabled={!!operate} title={operate ?? (to ? "Nothing new starts; what runs goes on" : undefined)}
    onClick={change}>{to ? "Pause" : "Resume"}</Button>;
}
