import { useEffect, useRef, useState } from "preact/hooks";
import { get, now, send } from "../api/client";
import { create } from "../api/create";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { List, Node, Queue, Schedule, SchedulePreview, TaskSpec, WatchedFolder } from "../api/types";
import { commandOf } from "../format/command";
import { cronWords } from "../format/cron";
import { type ScheduleSpec as Spec, clean, filePattern, folderPattern, mayHaveSecrets, specOf, withFolder } from "../format/schedule";
import { scheduleShape } from "../format/shape";
import { text } from "../format/spec";
import { example } from "../format/workflow";
import { ago, inZone } from "../format/time";
import { go, place } from "../router";
import { useResource } from "../store/resource";
import { Choice, Field, faultsAt, namePattern } from "../ui/Field";
import { SecretsNote } from "../ui/SecretsNote";
import { SpecPanel } from "../ui/SpecPanel";
import { useOnce } from "../ui/once";
import { Button, Head, Loading, ProblemBox } from "../ui/parts";
import { act } from "../ui/toast";

const namesIn = (text: string): string[] | undefined => {
  const names = text.split(/[\s,]+/).filter(Boolean);
  return names.length > 0 ? names : undefined;
};

const zones = (): string[] => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const targets: [string, string][] = [["task", "A task"], ["job", "A data job"], ["workflow", "A workflow"]];
const withDefinition: [string, string][] = [["definition", "A definition"], ...targets];
const jobExample = { source: { range: { from: 0, to: 1_000 } }, process: { builtin: "square" }, aggregate: [{ as: "total", op: "sum" }] };
const overlaps: [string, string][] = [["skip", "Skip the time"], ["queueOne", "Let one wait"], ["allow", "Start anyway"]];
// Files are never skipped, so "skip" and "queueOne" mean the same for them.
const overlapsOfFiles: [string, string][] = [["skip", "Wait for its end"], ["allow", "Start anyway"]];

/** Makes or changes a schedule; its times appear while they are typed. */
export default function NewSchedule() {
  const from = place.value.query.get("from");
  const [id, setId] = useState("");
  const [spec, setSpec] = useState<Spec>({ cron: "0 3 * * *", timeZone: own, task: { cmd: "" } });
  const [only, setOnly] = useState("");
  const [except, setExcept] = useState("");
  const [fault, setFault] = useState<Problem | null>(null);
  const [isReady, setReady] = useState(!from);
  const [maySecrets, setMaySecrets] = useState(false);
  const [isBroken, setBroken] = useState(false);
  // An existing schedule stays in its queue.
  const [queue, setQueue] = useState("default");
  // What was typed before something else was chosen: choosing it again brings it back.
  const left = useRef<Partial<Spec>>({});
  const [once, isBusy] = useOnce();
  const queues = useResource<List<Queue>>("/queues", 60_000);
  useEffect(() => {
    if (from)
      get<Schedule>(`/schedules/${encodeURIComponent(from)}`).then((found) => {
        setId(found.id);
        setQueue(found.queue);
        setSpec(specOf(found));
        setMaySecrets(mayHaveSecrets(found));
        setOnly((found.only ?? []).join(", "));
        setExcept((found.except ?? []).join(", "));
      }, (thrown) => setFault(Problem.from(thrown))).then(() => setReady(true));
  }, [from]);
  if (!isReady)
    return <Loading />;
  const target = spec.definition ? "definition" : spec.workflow ? "workflow" : spec.job ? "job" : "task";
  const task = spec.task ?? {};
  const set = (change: Partial<Spec>) => setSpec(clean({ ...spec, ...change }));
  const setTask = (change: Partial<TaskSpec>) => set({ task: clean({ ...task, ...change }) });
  const choose = (name: string) => {
    const { task: was, job, workflow, definition, ...rest } = spec;
    left.current = { ...left.current, ...clean({ task: was, job, workflow, definition }) };
    const begin = name === "job" ? jobExample : name === "workflow" ? JSON.parse(example) as object : { cmd: "" };
    const known = left.current[name as "task" | "job" | "workflow" | "definition"];
    setSpec({ ...rest, [name]: known ?? { ...begin, ...queue !== "default" && { queue } } } as Spec);
  };
  const atIntervals = (isIntended: boolean) => {
    if (isIntended === (spec.every !== undefined))
      return;
    const { cron, timeZone, every } = spec;
    left.current = { ...left.current, ...clean({ cron, timeZone, every }) };
    set(isIntended ? { every: left.current.every ?? "15m", cron: undefined, timeZone: undefined }
      : { cron: left.current.cron ?? "0 3 * * *", timeZone: left.current.timeZone ?? own, every: undefined });
  };
  const watch = (isWatching: boolean) => {
    left.current = { ...left.current, ...spec.files && { files: spec.files } };
    set({ files: isWatching ? withFolder(left.current.files, {}) : undefined });
  };
  const missing = lacks("operate") ?? lacks("submit");
  const path = `/schedules/${encodeURIComponent(id.trim() || "ID")}`;
  // Without an id, the schedule to change could not be read.
  const cannot = !!missing || isBusy || isBroken || (!!from && id === "");
  const save = () => once(async () => {
    if (cannot)
      return;
    setFault(null);
    try {
      const saved = from ? await send<Schedule>("PUT", path, spec) : await create<Schedule>(path, spec, "schedule", `/ui${path}`);
      await act(from ? `${saved.id} changed` : `${saved.id} created`, async () => {});
      go(`/ui/schedules/${saved.id}`);
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <Head title={from ? `Change ${from}` : "New schedule"} back={["/ui/schedules", "Schedules"]} />
      {fault && <ProblemBox problem={fault} />}
      {maySecrets && target !== "job" && <SecretsNote title={`If its ${target} has secret${target === "definition" ? " parameters" : "s"}, enter them again`}>
        Add them in the JSON{target === "definition" ? ", to the parameters" : <> as <code>secretEnv</code> of {target === "task" ? "the task" : "each task"}</>}. Otherwise the next runs have none.</SecretsNote>}
      <div class="split">
        <section class="panel"><div class="body">
          {!from && <Field title="Name" value={id} set={setId} required pattern={namePattern} placeholder="nightly-report" hint="Lower-case letters, digits, . _ -" faults={faultsAt(fault, "name")} />}
          <div class="choices field-row" role="group" aria-label="When">
            <button type="button" aria-pressed={spec.every === undefined} onClick={() => atIntervals(false)}>At times of day</button>
            <button type="button" aria-pressed={spec.every !== undefined} onClick={() => atIntervals(true)}>At intervals</button></div>
          {spec.every === undefined ? <div class="fields">
            <Field title="Cron" value={spec.cron ?? ""} set={(cron) => set({ cron })} required class="mono" faults={faultsAt(fault, "cron")} hint={cronWords(spec.cron ?? "") || "Minute, hour, day of month, month, day of week"} />
            <label class="field">Time zone<input list="zones" value={spec.timeZone ?? ""} placeholder="UTC" onInput={(event) => set({ timeZone: event.currentTarget.value })} />
              <datalist id="zones">{zones().map((zone) => <option key={zone} value={zone} />)}</datalist></label>
          </div> : <Field title="Every" value={spec.every} set={(every) => set({ every })} required faults={faultsAt(fault, "every")} placeholder="15m" hint="From 1s to 366d, such as 90s, 15m, 1h30m" />}
          <Times spec={spec} />
          <Choice title="At each time" value={spec.files ? "look" : "start"} set={(does) => watch(does === "look")} of={[["start", "Start a run"], ["look", "Look for new files, and start a run for each"]]} />
          {spec.files && <Folder of={spec.files} set={(files) => set({ files })} fault={fault} />}
          <Choice title="Starts" value={target} of={target === "definition" || left.current.definition ? withDefinition : targets} set={choose} />
          {target === "task" ? <>
            {task.argv ? <p class="soft">Runs <code>{commandOf(task)}</code>; change its arguments in the JSON.</p>
              : <Field title="Command" rows={3} value={task.cmd ?? ""} set={(cmd) => setTask({ cmd })} required hint="A line for /bin/sh -c, in a fresh folder: use absolute paths" />}
            <div class="fields"><Field title="Task name" value={task.name ?? ""} set={(name) => setTask({ name })} placeholder="the command's first word" />
              <Field title="Queue" value={task.queue ?? ""} set={(queue) => setTask({ queue })} placeholder="default" list="queues" readOnly={!!from} hint={from ? "Cannot be changed" : undefined} /></div>
            <datalist id="queues">{queues.data?.items.map((queue) => <option key={queue.name} value={queue.name} />)}</datalist></>
            : <p class="soft">The JSON beside says what {target === "definition" ? "the parameters of the definition are" : target === "job" ? "the job reads and computes" : "the workflow's nodes do"}.</p>}
          <div class="fields">
            <Choice title="If the last run has not ended" value={spec.overlap ?? "skip"} set={(overlap) => set({ overlap: overlap === "skip" ? undefined : overlap })}
              of={spec.files && spec.overlap !== "queueOne" ? overlapsOfFiles : overlaps} />
            <Choice title="Times missed while down" value={spec.catchUp ?? "none"} set={(catchUp) => set({ catchUp: catchUp === "none" ? undefined : catchUp })}
              of={[["none", "Leave out"], ["one", "Run the latest"], ["all", "Run all"]]} />
            <Field title="Jitter" value={spec.jitter ?? ""} set={(jitter) => set({ jitter })} faults={faultsAt(fault, "jitter")} placeholder="0s" hint="Delays each start by a part of this" />
          </div>
          <div class="fields">
            <Field title="Only in calendars" value={only} set={(text) => { setOnly(text); set({ only: namesIn(text) }); }} placeholder="all times" hint="Names of calendars" />
            <Field title="Except in calendars" value={except} set={(text) => { setExcept(text); set({ except: namesIn(text) }); }} placeholder="none" hint="Names of calendars, such as holidays" />
            <Choice title="Times in a blackout" value={spec.onBlackout ?? "after"} set={(onBlackout) => set({ onBlackout: onBlackout === "after" ? undefined : onBlackout })}
              of={[["after", "Wait for its end"], ["skip", "Skip the time"]]} />
            <Field title="Expected to end within" value={spec.expectBy ?? ""} set={(expectBy) => set({ expectBy })} faults={faultsAt(fault, "expectBy")} placeholder="no limit" hint="Counted from its time, such as 2h; what will be late needs attention" />
          </div>
          <div class="actions end"><Button type="submit" kind="main" disabled={cannot} title={missing}>{from ? "Change the schedule" : "Create the schedule"}</Button></div>
        </div></section>
        <SpecPanel spec={spec} shape={scheduleShape} change={setSpec} setBroken={setBroken} method="PUT" path={`/api/v1${path}`} name="The schedule as JSON" />
      </div>
    </form>
  );
}

/** The folder whose new files start runs. */
function Folder({ of, set, fault }: { of: WatchedFolder; set: (of: WatchedFolder) => void; fault: Problem | null }) {
  const nodes = useResource<List<Node>>("/nodes", 10_000);
  const field = (name: "node" | "folder" | "match" | "settled") => ({ value: text(of[name]), set: (value: string) => set(withFolder(of, { [name]: value } as Partial<WatchedFolder>)), faults: faultsAt(fault, `files.${name}`) });
  return <>
    <div class="fields">
      <Field title="Node" {...field("node")} required list="nodes" placeholder="w1" hint="On whose machine the folder is" />
      <Field title="Folder" {...field("folder")} required pattern={folderPattern} maxLength={3_072} placeholder="/incoming" hint="An absolute path; folders below it are not looked at" />
      <Field title="Files" {...field("match")} pattern={filePattern} maxLength={1_024} placeholder="*" hint="A pattern of names such as *.csv, without a slash" />
      <Field title="Settled for" {...field("settled")} placeholder="10s" hint="How long a file must not have changed, up to 1d" />
      <Choice title="Files that are there already" value={of.existing ?? "start"} set={(existing) => set(withFolder(of, { existing: existing === "skip" ? existing : undefined }))} faults={faultsAt(fault, "files.existing")}
        of={[["start", "Start a run for each"], ["skip", "Leave out until they change"]]} />
    </div>
    <datalist id="nodes">{nodes.data?.items.map((node) => <option key={node.id} value={node.id} />)}</datalist>
    <p class="soft small">Commands find the file's path in <code>SCHEDULE_FILE</code>. They may run on any node: if only one node has the folder, require its label <code>node/id</code> in the JSON.</p></>;
}

/** The next five times, as the gateway counts them, and what it says about changes of the clocks. */
function Times({ spec }: { spec: Spec }) {
  const { cron, every, timeZone, startAt, endAt, only, except } = spec;
  const calendars = JSON.stringify([only, except]);
  const [found, setFound] = useState<SchedulePreview | string>("");
  useEffect(() => {
    // An answer about earlier times may come after a later one.
    let isLatest = true;
    const show = (answer: SchedulePreview | string) => { if (isLatest) setFound(answer); };
    const timer = setTimeout(() => {
      if (cron || every)
        send<SchedulePreview>("POST", "/schedules/preview", { cron, every, timeZone: timeZone || undefined, startAt, endAt, only, except })
          .then(show, (thrown) => show(Problem.from(thrown)?.message ?? ""));
      else
        show("");
    }, 300);
    return () => { isLatest = false; clearTimeout(timer); };
  }, [cron, every, timeZone, startAt, endAt, calendars]);
  if (typeof found === "string")
    return found ? <p class="state failed fault-text" role="status">{found}</p> : null;
  return <div class="times" role="status"><b>Next times</b><ol>{found.times.slice(0, 5).map((time) => (
    <li key={time}><time dateTime={time}>{inZone(time, timeZone || "UTC")}</time> <span class="soft">{ago(time, now())}</span></li>))}</ol>
    {(found.leftOut ?? []).length > 0 && <p class="soft small">Falls out: {found.leftOut.slice(0, 3).map(({ at, calendar }) => `${inZone(at, timeZone || "UTC")} (${calendar ?? "in no calendar"})`).join(", ")}</p>}
    {found.notes.map((note) => <p key={note} class="soft small">{note}</p>)}</div>;
}
