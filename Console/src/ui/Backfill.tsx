import { useState } from "preact/hooks";
import { now, send } from "../api/client";
import { Problem } from "../api/problem";
import { count, plural } from "../format/numbers";
import { number } from "../format/spec";
import { fieldOf, timeOf, utc, zoneName } from "../format/time";
import { Dialog } from "./confirm";
import { Field, faultsAt } from "./Field";
import { useOnce } from "./once";
import { Button, ProblemBox } from "./parts";
import { act } from "./toast";

/** Runs past times of a schedule once more, or those that it has left out. */
export function Backfill({ id, close }: { id: string; close: () => void }) {
  // Times are read in the zone in which the form shows them, even if the user switches zones.
  const [inUtc] = useState(utc.value);
  const [from, setFrom] = useState(fieldOf(now() - 86_400_000, inUtc));
  const [to, setTo] = useState(fieldOf(now(), inUtc));
  const [parallel, setParallel] = useState("1");
  const [again, setAgain] = useState(false);
  const [fault, setFault] = useState<Problem | null>(null);
  const [once, isBusy] = useOnce();
  const submit = () => once(async () => {
    try {
      const answer = await send<{ accepted: number; leftOut: number }>("POST", `/schedules/${id}/backfill`, { from: timeOf(from, inUtc), to: timeOf(to, inUtc), parallel: number(parallel), again });
      await act(`${plural(answer.accepted, "time")} will run${answer.leftOut > 0 ? `, ${count(answer.leftOut)} left out: they ran before` : ""}`, async () => {},
        answer.accepted > 0 ? () => send("POST", `/schedules/${id}/backfill/cancel`) : undefined);
      close();
    } catch (thrown) {
      setFault(thrown instanceof RangeError ? new Problem(422, "invalid", "A time cannot be read", "Give both times.") : Problem.from(thrown));
    }
  });
  return <Dialog title={`Backfill ${id}`} close={close}><form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
    {fault && <ProblemBox problem={fault} />}
    <p>Starts one run for each of its times in this range, the oldest first.</p>
    <div class="fields"><Field title={`From (${zoneName(inUtc)})`} type="datetime-local" value={from} set={setFrom} required /><Field title={`Until (${zoneName(inUtc)})`} type="datetime-local" value={to} set={setTo} required /></div>
    <Field title="At once" value={parallel} set={setParallel} inputMode="numeric" hint="How many may run at a time: 1 to 100" faults={faultsAt(fault, "parallel")} />
    <p><label><input type="checkbox" checked={again} onChange={() => setAgain(!again)} /> also times that ran before</label></p>
    <div class="actions end"><Button onClick={close}>Back</Button><Button type="submit" kind="main" disabled={isBusy}>Backfill</Button></div></form></Dialog>;
}
