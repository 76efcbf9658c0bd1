import { useState } from "preact/hooks";
import { pathOf, send } from "../api/client";
import { jsonOf } from "../api/json";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { Blackout, FailureGroup, List, Queue as QueueRecord, QueueForecast, Task } from "../api/types";
import { actorOf } from "../format/audit";
import { tasksUrl } from "../format/filters";
import { compact, plural } from "../format/numbers";
import { shows } from "../format/series";
import { limit } from "../format/spec";
import { tick } from "../format/time";
import { heldWords } from "../format/why";
import { go } from "../router";
import { correct, useResource } from "../store/resource";
import { Charts, type Plan } from "../ui/Charts";
import { FailureRows } from "../ui/FailureRows";
import { Field, faultsAt } from "../ui/Field";
import { PauseButton } from "../ui/PauseButton";
import { TaskTable } from "../ui/TaskTable";
import { confirm } from "../ui/confirm";
import { useOnce } from "../ui/once";
import { Button, Empty, Head, Icon, ProblemBox, Shown, State, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";

/** One queue: its depth, its limits to change, what runs in it and what failed. */
export default function Queue({ name }: { name: string }) {
  const shown = useResource<QueueRecord>(`/queues/${encodeURIComponent(name)}`, 15_000);
  const running = useResource<List<Task>>(pathOf("/tasks", { queue: name, limit: 10 }), 15_000);
  const failures = useResource<List<FailureGroup>>(pathOf("/failures", { queue: name, limit: 5 }), 10_000);
  const operate = lacks("operate");
  const remove = async () => {
    if (await confirm({ title: `Delete the queue ${name}?`, text: "Its limits go. It must have nothing open; a later task makes it anew.", action: "Delete", danger: true, typed: name })
      && await act("Deleted", async () => { await send("DELETE", `/queues/${name}`); return true; }))
      go("/ui/queues");
  };
  return (
    <Shown of={shown} page="Queue" back={["/ui/queues", "Queues"]}>{(queue) => (
      <>
        <Head title={queue.name} back={["/ui/queues", "Queues"]} actions={<><PauseButton queue={queue} /><a class="button" href={tasksUrl({ queue: name })}>View tasks</a>
          <Button kind="danger" disabled={!!operate} title={operate} onClick={remove}>Delete</Button></>}>
          <State name={queue.paused ? "paused" : "ready"} word={queue.paused ? "paused: nothing new starts" : "open"} /><Paused queue={queue} /></Head>
        <Figures queue={queue} />
        <Outlook queue={queue} />
        <Charts plans={plans} by="queue" of={queue.name} />
        <div class="grid uneven">
          <div><section class="panel"><header><h2>Newest tasks</h2></header><Shown of={running}>{(data) => data.items.length === 0 ? <Empty title="It has no task" /> : <TaskTable tasks={data.items} brief />}</Shown></section>
            <section class="panel"><header><h2>Failures by cause</h2></header><Shown of={failures} rows={2}>{(data) => data.items.length === 0 ? <Empty title="Nothing has failed" /> : <FailureRows groups={data.items} />}</Shown></section></div>
          <Limits queue={queue} />
        </div>
      </>)}</Shown>
  );
}

function Paused({ queue }: { queue: QueueRecord }) {
  if (!queue.paused || !queue.pausedAt)
    return null;
  const who = actorOf(queue.pausedBy);
  return <span> since <Time at={queue.pausedAt} age />{who && <> (<Text>{who}</Text>)</>}{queue.pausedReason && <>: <Text>{queue.pausedReason}</Text></>}</span>;
}

function Figures({ queue }: { queue: QueueRecord }) {
  return <div class="figures">
    <div><b>{compact(queue.depth)}</b><State name="queued" /></div><div><b>{compact(queue.running)}</b><State name="running" /></div><div><b>{compact(queue.scheduled)}</b><State name="scheduled" /></div>
    {queue.failedLastDay !== null && queue.failedLastDay > 0 && <div><b><a href={tasksUrl({ queue: queue.name, state: "failed" })}>{compact(queue.failedLastDay)}</a></b><small>failed in 24 hours</small></div>}
    <div><b>{queue.weight}</b><small>weight</small></div>
    <div><b>{queue.oldestQueuedAt ? <Time at={queue.oldestQueuedAt} age /> : "–"}</b><small>the oldest was queued</small></div></div>;
}

/** What held it back, and when nothing will wait any more. */
function Outlook({ queue }: { queue: QueueRecord }) {
  tick.value;
  const { data } = useResource<QueueForecast>(`/queues/${encodeURIComponent(queue.name)}/forecast`, 10_000);
  if (!data || data.backlog === 0)
    return null;
  const held = heldWords(data.heldBy);
  const rate = (value: number) => shows.rate(value);
  return <div class="notice"><Icon name="scheduled" /><div class="grow">
    <b>{data.emptyAt ? <>Nothing will wait <Time at={data.emptyAt} age /></> : { growing: "The backlog grows", steady: "The backlog stays as it is", shrinking: "The backlog shrinks" }[data.trend ?? "steady"]}</b>
    <p>{plural(data.backlog, "task")} queued; {rate(data.arrivalsPerSecond)} arrive, {rate(data.startsPerSecond)} start on {plural(data.slots, "slot")}.{held && ` Held back by ${held}.`}</p></div></div>;
}

const plans: Plan[] = [
  { title: "Queued and running", unit: "count", lines: [["queue.depth", "queued", "queued"], ["queue.running", "running", "running"]] },
  { title: "Tasks that end", unit: "rate", lines: [["tasks.succeeded", "succeeded", "succeeded"], ["tasks.failed", "failed", "failed"]] },
  { title: "Wait before a start", unit: "time", empty: "Nothing has started in this time", lines: [["wait.p50", "50 %", "running"], ["wait.p95", "95 %", "queued"], ["wait.p99", "99 %", "failed"]] },
  { title: "Run time", unit: "time", empty: "Nothing has ended in this time", lines: [["run.p50", "50 %", "running"], ["run.p95", "95 %", "queued"], ["run.p99", "99 %", "failed"]] },
];

const limits: [keyof QueueRecord, string, string][] = [
  ["maxRunning", "Running at once", "Tasks and chunks that are assigned or running"], ["maxDepth", "Depth", "Scheduled and queued tasks; beyond it new ones are refused with 429"],
  ["ratePerSecond", "Starts a second", "Of tasks, without chunks of data jobs"], ["burst", "Burst", "Starts at once after a pause; by default the rate, rounded up"],
  ["weight", "Weight", "1 to 100: its part of a node's slots while other queues want them too"],
];

const blackoutText = ({ calendar, from, to }: Blackout): string => calendar ?? `${from}/${to}`;
const blackoutOf = (line: string): Blackout => {
  const [from, to] = line.split("/");
  return to === undefined ? { calendar: line } : { from, to };
};

/** The fields of the form, as they show what is stored. */
const fieldsOf = (queue: QueueRecord): Record<string, string> => ({
  ...Object.fromEntries(limits.map(([name]) => [name, queue[name] === null ? "" : String(queue[name])])),
  strategy: queue.strategy, blackouts: (queue.blackouts ?? []).map(blackoutText).join("\n"),
});

/** Changes the limits of a queue. What the user types stays when the queue changes, as by a pause; the other fields follow the queue. */
function Limits({ queue }: { queue: QueueRecord }) {
  const [typed, setTyped] = useState<Record<string, string>>({});
  // The queue as it was when the user began to type.
  const [begun, setBegun] = useState<QueueRecord | null>(null);
  const [fault, setFault] = useState<Problem | null>(null);
  const operate = lacks("operate");
  const [once, isBusy] = useOnce();
  const stored = fieldsOf(queue);
  const values = { ...stored, ...typed };
  const set = (name: string) => (value: string) => {
    setBegun(begun ?? queue);
    setTyped((known) => ({ ...known, [name]: value }));
  };
  const startOver = () => {
    setBegun(null);
    setTyped({});
    setFault(null);
  };
  // With the version that the user has seen, the service refuses to overwrite limits that somebody else has changed since.
  const isOutdated = begun !== null && jsonOf(fieldsOf(begun)) !== jsonOf(stored);
  const save = () => once(async () => {
    const path = `/queues/${queue.name}`;
    const before = Object.fromEntries([...limits.map(([name]) => [name, queue[name]]), ["strategy", queue.strategy], ["blackouts", queue.blackouts]]);
    const after = Object.fromEntries([...limits.map(([name]) => [name, limit(values[name]!)]), ["strategy", values.strategy],
      ["blackouts", values.blackouts!.split("\n").map((line) => line.trim()).filter(Boolean).map(blackoutOf)]]);
    try {
      const changed = await send<QueueRecord>("PUT", path, { ...after, version: isOutdated ? begun!.version : queue.version });
      correct<QueueRecord>(path, () => changed);
      startOver();
      await act("Limits changed", async () => {}, () => send("PUT", path, before));
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  return <section class="panel"><header><h2>Limits</h2><span class="soft small">version {queue.version}</span></header>
    <form class="body" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      {fault && <ProblemBox problem={fault} />}
      {limits.map(([name, title, hint]) => <Field key={name} title={title} hint={hint} inputMode="decimal" placeholder={name === "weight" ? "1" : "no limit"} value={values[name]!} disabled={!!operate}
        set={set(name)} faults={faultsAt(fault, name)} />)}
      <label class="field">Nodes<select value={values.strategy} disabled={!!operate} onChange={(event) => set("strategy")(event.currentTarget.value)}><option value="leastLoaded">the least loaded first</option><option value="roundRobin">in turn</option><option value="pack">few nodes</option></select></label>
      <label class="field">Blackouts<textarea rows={2} spellcheck={false} disabled={!!operate} value={values.blackouts} placeholder="none" onInput={(event) => set("blackouts")(event.currentTarget.value)} />
        <span class="hint">Nothing starts then. One per line: the name of a calendar, or FROM/TO such as 2026-12-24T12:00:00Z/2026-12-27T00:00:00Z</span></label>
      {isOutdated && <p class="soft small" role="status">Somebody has changed these limits since you began. Start over to see what is stored.</p>}
      <div class="actions end">{begun && <Button onClick={startOver}>Start over</Button>}<Button type="submit" kind="main" disabled={!!operate || isBusy} title={operate}>Change</Button></div>
    </form></section>;
}
