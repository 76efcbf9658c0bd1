import { useState } from "preact/hooks";
import { send } from "../api/client";
import { lacks } from "../api/session";
import type { Schedule } from "../api/types";
import { pageOf, targetOf } from "../format/schedule";
import { go } from "../router";
import { Backfill } from "./Backfill";
import { confirm } from "./confirm";
import { Button } from "./parts";
import { act } from "./toast";

/** Starts what a schedule starts now, pauses the schedule, or lets it go on; with `whole`, also deletes it. */
export function ScheduleActions({ schedule, whole }: { schedule: Schedule; whole?: boolean }) {
  const operate = lacks("operate");
  const [filling, setFilling] = useState(false);
  const path = `/schedules/${schedule.id}`;
  const pause = () => send("POST", `${path}/pause`);
  const resume = () => send("POST", `${path}/resume`);
  const trigger = async () => {
    const started = await act("Started", () => send<{ id: string }>("POST", `${path}/trigger`));
    if (started && whole)
      go(pageOf(targetOf(schedule), started.id));
  };
  const remove = async () => {
    if (await confirm({ title: `Delete the schedule ${schedule.id}?`, text: "What it has started goes on. What waits is dropped.", action: "Delete", danger: true })
      && await act("Deleted", async () => { await send("DELETE", path); return true; }))
      go("/ui/schedules");
  };
  return (
    <span class={whole ? "actions" : "actions row"}>
      <Button icon="next" disabled={!!operate} title={operate ?? "Start one now"} onClick={trigger}>Trigger</Button>
      {schedule.paused ? <Button icon="running" disabled={!!operate} title={operate} onClick={() => act(`${schedule.id} goes on`, resume, pause)}>Resume</Button>
        : <Button icon="pause" disabled={!!operate} title={operate ?? "Start nothing by time"} onClick={() => act(`${schedule.id} is paused`, pause, resume)}>Pause</Button>}
      {whole && <><Button disabled={!!operate || !!schedule.files} title={operate ?? (schedule.files ? "Files start its runs, so it has no past times to run" : "Run past times")} onClick={() => setFilling(true)}>Backfill</Button>
        {operate ? <Button disabled title={operate}>Edit</Button> : <a class="button" href={`/ui/new/schedule?from=${encodeURIComponent(schedule.id)}`}>Edit</a>}</>}
      {filling && <Backfill id={schedule.id} close={() => setFilling(false)} />}
      {whole && <Button kind="danger" disabled={!!operate} title={operate} onClick={remove}>Delete</Button>}
    </span>
  );
}
