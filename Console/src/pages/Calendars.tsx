import { useEffect, useState } from "preact/hooks";
import { get, send } from "../api/client";
import { create } from "../api/create";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { Calendar, List } from "../api/types";
import { useResource } from "../store/resource";
import { Dialog, confirm } from "../ui/confirm";
import { Field, faultsAt } from "../ui/Field";
import { useOnce } from "../ui/once";
import { Button, Empty, Head, Loading, ProblemBox, Shown, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";

const pathOf = (name: string) => `/calendars/${encodeURIComponent(name)}`;

/** Texts of which each has a line. */
const linesOf = (text: string): string[] => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

/** The calendars: named times that schedules follow or leave out, and in which queues start nothing. */
export default function Calendars() {
  const calendars = useResource<List<Calendar>>("/calendars", 30_000);
  const [adding, setAdding] = useState(false);
  const [editing, setEditing] = useState<string | null>(null);
  const operate = lacks("operate");
  const remove = async (name: string) => {
    if (await confirm({ title: `Delete the calendar ${name}?`, text: "A calendar that a schedule or a queue uses cannot be deleted.", action: "Delete", danger: true }))
      await act("Deleted", () => send("DELETE", pathOf(name)));
  };
  return (
    <>
      <Head title="Calendars" actions={<Button kind="main" icon="plus" disabled={!!operate} title={operate} onClick={() => setAdding(true)}>New calendar</Button>}>Named times, such as holidays, for schedules and blackouts of queues.</Head>
      {adding && <Dialog title="New calendar" close={() => setAdding(false)}><Form of={null} close={() => setAdding(false)} /></Dialog>}
      {editing && <Editing name={editing} close={() => setEditing(null)} />}
      <section class="panel"><Shown of={calendars} rows={3}>{(data) => data.items.length === 0 ? <Empty title="No calendar yet">Create one to leave holidays out of schedules, or to hold starts during maintenance.</Empty> : (
        <div class="wide"><table class="stack" data-rows><thead><tr><th>Name</th><th>Zone</th><th>Next from</th><th>To</th><th>Version</th><th>Changed</th><th /></tr></thead><tbody>{data.items.map((one) => (
          <tr key={one.name}><td class="name"><Text>{one.name}</Text></td><td><Text>{one.zone}</Text></td>
            <td>{one.next[0] ? <Time at={one.next[0].from} /> : <span class="soft">no more times</span>}</td><td>{one.next[0] && <Time at={one.next[0].to} />}</td><td>{one.version}</td><td><Time at={one.changedAt} age /></td>
            <td class="right"><Button disabled={!!operate} title={operate} onClick={() => setEditing(one.name)}>Edit</Button><Button kind="danger" disabled={!!operate} title={operate} onClick={() => remove(one.name)}>Delete</Button></td></tr>))}</tbody></table></div>)}</Shown></section>
    </>
  );
}

function Editing({ name, close }: { name: string; close: () => void }) {
  const [found, setFound] = useState<Calendar | null>(null);
  const [fault, setFault] = useState<Problem | null>(null);
  // Read once, and not from the cache: the form must start from the stored calendar, and a later change must not replace what the user types.
  useEffect(() => { get<Calendar>(pathOf(name)).then(setFound, (thrown) => setFault(Problem.from(thrown))); }, [name]);
  return <Dialog title={`Calendar ${name}`} close={close}>{fault ? <ProblemBox problem={fault} /> : found ? <Form of={found} close={close} /> : <Loading rows={3} />}</Dialog>;
}

/** Creates a calendar, or changes one. If someone else has changed the calendar in the meantime, nothing is stored. */
function Form({ of, close }: { of: Calendar | null; close: () => void }) {
  const [name, setName] = useState(of?.name ?? "");
  const [days, setDays] = useState((of?.days ?? []).join("\n"));
  const [rules, setRules] = useState((of?.rules ?? []).join("\n"));
  const [zone, setZone] = useState(of?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [ics, setIcs] = useState(of?.ics ?? "");
  const [fault, setFault] = useState<Problem | null>(null);
  const [once, isBusy] = useOnce();
  const submit = () => once(async () => {
    try {
      const body = { days: linesOf(days), rules: linesOf(rules), zone, ...(ics.trim() ? { ics } : {}) };
      if (of)
        await send("PUT", pathOf(name), { ...body, version: of.version });
      else
        await create(pathOf(name), body, "calendar");
      await act("Calendar stored", async () => {});
      close();
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {fault && <ProblemBox problem={fault} />}
      {!of && <Field title="Name" value={name} set={setName} required placeholder="holidays" faults={faultsAt(fault, "name")} />}
      <label class="field">Days, one per line<textarea rows={4} value={days} placeholder="2026-12-24" onInput={(event) => setDays(event.currentTarget.value)} /></label>
      <label class="field">Rules, one per line<textarea rows={2} value={rules} placeholder="FREQ=WEEKLY;BYDAY=SA,SU" onInput={(event) => setRules(event.currentTarget.value)} /></label>
      <label class="field">Time zone<input value={zone} required onInput={(event) => setZone(event.currentTarget.value)} /></label>
      <label class="field">Calendar file (.ics)<textarea rows={3} value={ics} placeholder="BEGIN:VCALENDAR" onInput={(event) => setIcs(event.currentTarget.value)} /></label>
      {of?.usedBy && of.usedBy.length > 0 && <p class="soft">Used by {of.usedBy.map(({ kind, id }) => `${kind} ${id}`).join(", ")}.</p>}
      <div class="actions end"><Button onClick={close}>Back</Button><Button type="submit" kind="main" disabled={isBusy}>Store calendar</Button></div></form>
  );
}
