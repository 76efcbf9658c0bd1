import { useState } from "preact/hooks";
import { now, send } from "../api/client";
import { Problem } from "../api/problem";
import { count, plural } from "../format/numbers";
import { Dialog } from "./confirm";
import { Field } from "./Field";
import { Button, ProblemBox } from "./parts";
import { act } from "./toast";

/** Runs past times of a schedule once more, or those that it has left out. */
export function Backfill({ id, close }: { id: string; close: () => void }) {
  const [from, setFrom] = useState(local(now() - 86_400_000));
  const [to, setTo] = useState(local(now()));
  const [parallel, setParallel] = useState("1");
  const [again, setAgain] = useState(false);
  const [fault, setFault] = useState<Problem | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      const answer = await send<{ accepted: number; leftOut: number }>("POST", `/schedules/${id}/backfill`, { from: new Date(from).toISOString(), to: new Date(to).toISOString(), parallel: Number(parallel), again });
      await act(`${plural(answer.accepted, "time")} will run${answer.leftOut > 0 ? `, ${count(answer.leftOut)} left out: they ran before` : ""}`, async () => {},
        answer.accepted > 0 ? () => send("POST", `/schedules/${id}/backfill/cancel`) : undefined);
      close();
    } catch (thrown) {
      setFault(thrown instanceof RangeError ? new Problem(422, "invalid", "A time cannot be read", "Give both times.") : Problem.from(thrown));
    }
  };
  return <Dialog title={`Backfill ${id}`} close={close}><form onSubmit={submit}>
    {fault && <ProblemBox problem={fault} />}
    <p>Starts one run for each of its times in this range, the oldest first.</p>
    <div class="fields"><Field title="From" type="datetime-local" value={from} set={setFrom} required /><Field title="Until" type="datetime-local" value={to} set={setTo} required /></div>
    <Field title="At once" value={parallel} set={setParallel} inputMode="numeric" hint="How many may run at a time: 1 to 100" />
    <p><label><input type="checkbox" checked={again} onChange={() => setAgain(!again)} /> also times that ran before</label></p>
    <div class="actions end"><Button onClick={close}>Back</Button><Button type="submit" kind="main">Backfill</Button></div></form></Dialog>;
}

// As a field for a local time has it: 2026-11-26T03:00.
function local(time: number): string {
  const date = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
}
