import { useEffect, useState } from "preact/hooks";
import { get, send } from "../api/client";
import { jsonOf, parseJson } from "../api/json";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { Job, JobSpec, List, Queue } from "../api/types";
import { jobShape } from "../format/shape";
import { number, text } from "../format/spec";
import { go, place } from "../router";
import { useResource } from "../store/resource";
import { Choice, Field } from "../ui/Field";
import { SpecPanel } from "../ui/SpecPanel";
import { useOnce } from "../ui/once";
import { Button, Head, Loading, ProblemBox } from "../ui/parts";
import { act } from "../ui/toast";

const first: JobSpec = { source: { range: { from: 0, to: 1_000_000 } }, process: { builtin: "square" }, aggregate: [{ as: "total", op: "sum" }] };

const sources: [string, string][] = [["range", "A range of integers"], ["items", "Items given here"], ["file", "A file"], ["command", "What a command prints"], ["stream", "Items sent later"]];
const processors: [string, string][] = [["command", "A command that reads lines"], ["chunkCommand", "A command for each chunk"], ["builtin:square", "Square"], ["builtin:length", "Length"],
  ["builtin:words", "Words"], ["builtin:json", "A part of its JSON"], ["builtin:identity", "As it is"], ["plugin", "A .NET plug-in"]];
const ops = ["count", "sum", "min", "max", "mean", "distinct", "topK", "groupCount", "groupSum", "collect"];

type Held = Record<string, unknown>;

/** Makes a data job: its source, what is done with each item, what is computed; the JSON beside it says the same. */
export default function NewJob() {
  const from = place.value.query.get("from");
  const [spec, setSpec] = useState<JobSpec>(first);
  const [fault, setFault] = useState<Problem | null>(null);
  const [isReady, setReady] = useState(!from);
  const [isBroken, setBroken] = useState(false);
  const [once, isBusy] = useOnce();
  const queues = useResource<List<Queue>>("/queues", 60_000);
  useEffect(() => {
    if (from)
      get<JobSpec>(`/jobs/${encodeURIComponent(from)}/spec`).then(setSpec, (thrown) => setFault(Problem.from(thrown))).then(() => setReady(true));
  }, [from]);
  if (!isReady)
    return <Loading />;
  const submit = lacks("submit");
  const set = (change: Held) => setSpec(Object.fromEntries(Object.entries({ ...spec, ...change }).filter(([, value]) => value !== "" && value !== undefined)) as unknown as JobSpec);
  const cannot = !!submit || isBusy || isBroken;
  const start = () => once(async () => {
    if (cannot)
      return;
    setFault(null);
    try {
      const job = await send<Job>("POST", "/jobs", spec);
      await act(`Job ${job.name} accepted`, async () => {});
      go(`/ui/jobs/${job.id}`);
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  const chunkSize = (spec as { chunkSize?: number }).chunkSize;
  const skips = (spec as { onItemError?: string }).onItemError === "skip";
  return (
    <form onSubmit={(event) => { event.preventDefault(); void start(); }} onKeyDown={(event) => { if (event.ctrlKey && event.key === "Enter") void start(); }}>
      <Head title={from ? "Run again, changed" : "New job"} back={["/ui/jobs", "Jobs"]}>A job cuts its items into chunks for all workers, and counts each item once.</Head>
      {fault && <ProblemBox problem={fault} />}
      <div class="split">
        <section class="panel"><div class="body">
          <div class="fields"><Field title="Name" value={spec.name ?? ""} set={(name) => set({ name })} placeholder="the processor's name" />
            <Field title="Queue" value={spec.queue ?? ""} set={(queue) => set({ queue })} placeholder="default" list="queues" /></div>
          <datalist id="queues">{queues.data?.items.map((queue) => <option key={queue.name} value={queue.name} />)}</datalist>
          <Source source={spec.source ?? {}} set={(source) => set({ source })} />
          <Process process={spec.process ?? {}} set={(process) => set({ process })} />
          <Aggregates of={Array.isArray(spec.aggregate) ? spec.aggregate : []} set={(aggregate) => set({ aggregate: aggregate.length > 0 ? aggregate : undefined })} />
          <div class="fields">
            <Field title="Items of a chunk" value={chunkSize === undefined ? "" : String(chunkSize)} set={(text) => set({ chunkSize: text === "" ? undefined : number(text) })} placeholder="about 200 ms of work" inputMode="numeric" />
            <Choice title="An item that fails" value={skips ? "skip" : "fail"} of={[["fail", "fails the job"], ["skip", "is passed over"]]} set={(name) => set({ onItemError: name === "skip" ? "skip" : undefined })} />
          </div>
          <div class="actions end"><Button type="submit" kind="main" disabled={cannot} title={submit ?? "Ctrl Enter"}>Start the job</Button></div>
        </div></section>
        <SpecPanel spec={spec} shape={jobShape} change={setSpec} setBroken={setBroken} method="POST" path="/api/v1/jobs" name="The job as JSON" />
      </div>
    </form>
  );
}

function Source({ source, set }: { source: Held; set: (source: Held) => void }) {
  const kind = sources.find(([name]) => name in source)?.[0] ?? "range";
  const of = (source[kind] ?? {}) as Held;
  const choose = (name: string) => set({ range: { range: { from: 0, to: 1_000 } }, items: { items: [] }, file: { file: { path: "" } }, command: { command: { cmd: "" } }, stream: { stream: {} } }[name]!);
  return <>
    <Choice title="Items" value={kind} of={sources} set={choose} hint={kind === "stream" ? "Sent to the job's items until it is closed" : undefined} />
    {kind === "range" && <div class="fields"><Field title="From" value={text(of.from)} set={(value) => set({ range: { ...of, from: number(value) } })} inputMode="numeric" />
      <Field title="Up to, without it" value={text(of.to)} set={(value) => set({ range: { ...of, to: number(value) } })} inputMode="numeric" /></div>}
    {kind === "items" && <Field title="One a line" rows={4} value={(Array.isArray(source.items) ? source.items : []).map((item) => typeof item === "string" ? item : jsonOf(item)).join("\n")}
      set={(lines) => set({ items: lines === "" ? [] : lines.split("\n").map(item) })} hint="What reads as JSON is JSON, other lines are text" />}
    {kind === "file" && <div class="fields"><Field title="Path" value={text(of.path)} set={(path) => set({ file: { ...of, path } })} placeholder="/srv/data/orders.csv" hint="Silo and workers must see the same file" />
      <Choice title="Format" value={text(of.format) || "lines"} of={[["lines", "lines"], ["ndjson", "JSON, one per line"], ["csv", "CSV"]]} set={(format) => set({ file: { ...of, format } })} /></div>}
    {kind === "command" && <Field title="Command" rows={2} value={text(of.cmd)} set={(cmd) => set({ command: { ...of, cmd } })} hint="Each line that it prints is an item" />}
  </>;
}

function Process({ process, set }: { process: Held; set: (process: Held) => void }) {
  const kind = "builtin" in process ? `builtin:${text(process.builtin)}` : ["command", "chunkCommand", "plugin"].find((name) => name in process) ?? "command";
  const of = (process[kind] ?? {}) as Held;
  const choose = (name: string) => set(name.startsWith("builtin:") ? { builtin: name.slice(8) } : name === "plugin" ? { plugin: { name: "" } } : { [name]: { cmd: "" } });
  return <>
    <Choice title="With each item" value={kind} of={processors} set={choose} />
    {(kind === "command" || kind === "chunkCommand") && <Field title="Command" rows={2} value={text(of.cmd)} set={(cmd) => set({ [kind]: { ...of, cmd } })}
      hint={kind === "command" ? "Started once a slot; for each line that it reads, it writes one line" : "Started once a chunk; its lines are the results"} />}
    {kind === "builtin:json" && <Field title="Which part" value={text(process.select)} set={(select) => set({ builtin: "json", select })} placeholder="/order/total" hint="A JSON pointer" />}
    {kind === "plugin" && <Field title="Plug-in" value={text(of.name)} set={(name) => set({ plugin: { name } })} />}
  </>;
}

function Aggregates({ of, set }: { of: { as?: string; op: string }[]; set: (list: { as?: string; op: string }[]) => void }) {
  const change = (at: number, values: object) => set(of.map((one, i) => i === at ? { ...one, ...values } : one));
  return <div class="field" role="group" aria-label="Computes">Computes
    {of.map((one, i) => <div class="pair" key={i}>
      <select aria-label="Aggregate" value={one.op} onChange={(event) => change(i, { op: event.currentTarget.value })}>{(ops.includes(one.op) ? ops : [one.op, ...ops]).map((op) => <option key={op} value={op}>{op}</option>)}</select>
      <input aria-label="Its name" value={one.as ?? ""} placeholder={one.op} onInput={(event) => change(i, { as: event.currentTarget.value || undefined })} />
      <Button kind="bare" icon="close" label="Remove" onClick={() => set(of.filter((_, at) => at !== i))} /></div>)}
    <div><Button icon="plus" onClick={() => set([...of, { op: "count" }])}>Add an aggregate</Button></div></div>;
}

function item(line: string): unknown {
  try {
    return parseJson(line) as unknown;
  } catch {
    return line;
  }
}
