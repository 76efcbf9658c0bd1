import { useState } from "preact/hooks";
import { create } from "../api/create";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { List, Queue } from "../api/types";
import { compact, count } from "../format/numbers";
import { limit } from "../format/spec";
import { heldWords } from "../format/why";
import { go } from "../router";
import { useResource } from "../store/resource";
import { Dialog } from "../ui/confirm";
import { Field, faultsAt, namePattern } from "../ui/Field";
import { PauseButton } from "../ui/PauseButton";
import { useOnce } from "../ui/once";
import { Bar, Button, Empty, Head, ProblemBox, Shown, State, Time } from "../ui/parts";
import { act } from "../ui/toast";

/** The queues: how deep they are and what limits them. */
export default function Queues() {
  const queues = useResource<List<Queue>>("/queues", 15_000);
  const [adding, setAdding] = useState(false);
  const operate = lacks("operate");
  return (
    <>
      <Head title="Queues" actions={<Button kind="main" icon="plus" disabled={!!operate} title={operate} onClick={() => setAdding(true)}>New queue</Button>}>Lines of tasks with limits of their own. A queue also exists once it has had a task.</Head>
      {adding && <Adding close={() => setAdding(false)} />}
      <section class="panel"><Shown of={queues}>{(data) => data.items.length === 0
        ? <Empty title="No queue has had a task yet"><a class="button main" href="/ui/new/task?cmd=echo+hello">Run echo hello</a></Empty>
        : <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Queue</th><th class="num">Queued</th><th class="if-wide">Oldest</th><th>Running</th><th class="num if-wide">Scheduled</th><th class="num">Failed, 24 h</th><th class="if-wide">Rate</th><th class="num if-wide">Depth limit</th><th class="if-wide">Held by</th><th class="num">Weight</th><th /></tr></thead>
          <tbody>{data.items.map((queue) => (
            <tr key={queue.name}><td><State name={queue.paused ? "paused" : "ready"} word={queue.paused ? "paused" : "open"} /></td>
              <td class="name"><a href={`/ui/queues/${queue.name}`}>{queue.name}</a></td><td class="num" data-label="queued">{compact(queue.depth)}</td>
              <td class="if-wide" data-label="oldest">{queue.oldestQueuedAt && <Time at={queue.oldestQueuedAt} age />}</td>
              <td data-label="running">{queue.running}{queue.maxRunning !== null && <> of {count(queue.maxRunning)} <span class="share"><Bar value={queue.running} most={queue.maxRunning} label="Share of the limit" /></span></>}</td>
              <td class="num if-wide" data-label="scheduled">{queue.scheduled > 0 && compact(queue.scheduled)}</td>
              <td class="num" data-label="failed in 24 h">{queue.failedLastDay !== null && queue.failedLastDay > 0 && compact(queue.failedLastDay)}</td><td class="if-wide">{queue.ratePerSecond !== null && `${queue.ratePerSecond} a second`}</td>
              <td class="num if-wide" data-label="at most">{count(queue.maxDepth)}</td><td class="soft if-wide" data-label="held by">{heldWords(queue.heldBy?.slice(0, 1) ?? [])}</td><td class="num" data-label="weight">{queue.weight}</td><td class="right"><PauseButton queue={queue} /></td></tr>))}
          </tbody></table></div>}</Shown></section>
    </>
  );
}

/** Makes a queue with its first limits. */
function Adding({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [most, setMost] = useState("");
  const [weight, setWeight] = useState("");
  const [fault, setFault] = useState<Problem | null>(null);
  const [once, isBusy] = useOnce();
  const submit = () => once(async () => {
    const path = `/queues/${encodeURIComponent(name)}`;
    try {
      await create(path, { maxRunning: limit(most), weight: limit(weight) }, "queue", `/ui${path}`);
      await act(`${name} created`, async () => {});
      go(`/ui/queues/${name}`);
      close();
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  return <Dialog title="New queue" close={close}><form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
    {fault && <ProblemBox problem={fault} />}
    <Field title="Name" value={name} set={setName} required pattern={namePattern} hint="Lower-case letters, digits, . _ -" faults={faultsAt(fault, "name")} autofocus />
    <div class="fields"><Field title="Running at once" value={most} set={setMost} placeholder="no limit" inputMode="numeric" faults={faultsAt(fault, "maxRunning")} />
      <Field title="Weight" value={weight} set={setWeight} placeholder="1" inputMode="numeric" hint="Its part of the slots" faults={faultsAt(fault, "weight")} /></div>
    <div class="actions end"><Button onClick={close}>Back</Button><Button type="submit" kind="main" disabled={isBusy}>Create queue</Button></div></form></Dialog>;
}
