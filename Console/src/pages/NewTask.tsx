import { useEffect, useState } from "preact/hooks";
import { get, send } from "../api/client";
import { jsonOf } from "../api/json";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { List, Node, Queue, Task, TaskSpec } from "../api/types";
import { curlOf, otaskOf } from "../format/command";
import { taskShape, typedSpec } from "../format/shape";
import { count, plural } from "../format/numbers";
import { type SpecForm, apart, formOf, keptOf, specOf, withFiles } from "../format/spec";
import { go, place } from "../router";
import { refresh, useResource } from "../store/resource";
import { FilesField } from "../ui/FilesField";
import { SecretsNote } from "../ui/SecretsNote";
import { useOnce } from "../ui/once";
import { Button, Copy, Head, Loading, ProblemBox, Tabs } from "../ui/parts";
import { say } from "../ui/toast";

/** The form for a task, with the JSON beside it; both can be edited, and both say the same. */
export default function NewTask() {
  const from = place.value.query.get("from");
  const [form, setForm] = useState<SpecForm>(() => formOf({ cmd: place.value.query.get("cmd") ?? "", queue: place.value.query.get("queue") ?? undefined }));
  const [json, setJson] = useState<string | null>(null);
  const [fault, setFault] = useState<Problem | null>(null);
  const [tab, setTab] = useState("json");
  // The other task's spec would replace what was typed before it came.
  const [isReady, setReady] = useState(!from);
  const [hadSecrets, setHadSecrets] = useState(false);
  const [uploads, setUploads] = useState(0);
  const [once, isBusy] = useOnce();
  const queues = useResource<List<Queue>>("/queues", 60_000);
  const nodes = useResource<List<Node>>("/nodes", 10_000);
  useEffect(() => {
    if (from)
      get<Task>(`/tasks/${encodeURIComponent(from)}`).then((task) => { setForm(formOf(apart(task.spec))); setHadSecrets(task.hadSecrets === true); },
        (thrown) => setFault(Problem.from(thrown))).then(() => setReady(true));
  }, [from]);
  const spec = specOf(form);
  const text = json ?? jsonOf(hidden(spec), 2);
  const wrong = json === null ? undefined : typedSpec(json, taskShape).fault;
  const broken = wrong !== undefined;
  const kept = keptOf(form);
  const refused = lacks("submit");
  const cannot = broken || isBusy || uploads > 0 || !!refused || (!spec.cmd && !spec.argv);
  const fits = nodes.data?.items.filter((node) => (node.state === "ready" || node.state === "busy")
    && Object.entries(spec.requires ?? {}).every(([key, value]) => node.labels[key] === value)).length;
  const edit = (value: string) => {
    setJson(value);
    const found = typedSpec<TaskSpec>(value, taskShape).spec;
    if (found)
      setForm(formOf({ ...found, secretEnv: found.secretEnv ?? spec.secretEnv }));
  };
  const change = (values: Partial<SpecForm>) => { setJson(null); setForm({ ...form, ...values }); };
  const submit = () => once(async () => {
    if (cannot)
      return;
    setFault(null);
    try {
      const task = await send<Task>("POST", "/tasks", spec);
      say(`Task ${task.name} accepted`);
      refresh("");
      go(`/ui/tasks/${task.id}`);
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  // The field cannot return its value unchanged.
  const inJson = (name: keyof SpecForm) => kept.includes(name) ? { readOnly: true, placeholder: "Change it in the JSON" } : {};
  const line = (name: keyof SpecForm, title: string, hint?: string, more: Record<string, unknown> = {}) => (
    <label class="field">{title}<input value={form[name]} onInput={(event) => change({ [name]: event.currentTarget.value })} {...more} {...inJson(name)} />{hint && <span class="hint">{hint}</span>}</label>
  );
  const lines = (name: keyof SpecForm, title: string, hint: string, rows = 2) => (
    <label class="field">{title}<textarea rows={rows} value={form[name]} spellcheck={false} onInput={(event) => change({ [name]: event.currentTarget.value })} {...inJson(name)} /><span class="hint">{hint}</span></label>
  );
  if (!isReady)
    return <Loading />;
  return (
    <form onSubmit={(event) => { event.preventDefault(); void submit(); }} onKeyDown={(event) => { if (event.ctrlKey && event.key === "Enter") void submit(); }}>
      <Head title={from ? "Run again, changed" : "New task"} back={["/ui/tasks", "Tasks"]} />
      {fault && <ProblemBox problem={fault} />}
      {hadSecrets && !spec.secretEnv && <SecretsNote title="The task had secrets">Enter them under Secrets, or the new task runs without them.</SecretsNote>}
      <div class="split">
        <section class="panel"><div class="body">
          {(!spec.argv || form.cmd !== "") && lines("cmd", "Command", "A line for /bin/sh -c, in a fresh folder with the files below", 3)}
          {(!spec.cmd || form.argv !== "") && lines("argv", "or a program and its arguments", "One per line; no shell reads them", form.argv ? 4 : 1)}
          <div class="fields">
            {line("name", "Name", "By default the command's first word")}
            {line("queue", "Queue", undefined, { list: "queues", placeholder: "default" })}
            {line("priority", "Priority", "0 to 9, larger first", { placeholder: "5", inputMode: "numeric" })}
          </div>
          <datalist id="queues">{queues.data?.items.map((queue) => <option key={queue.name} value={queue.name} />)}</datalist>
          <div class="fields">
            {line("timeout", "Timeout", "Of one attempt", { placeholder: "1h" })}
            {line("maxAttempts", "Attempts", "How many may fail", { placeholder: "1", inputMode: "numeric" })}
            {line("runAt", "Not before", "A time with its zone", { placeholder: "2026-11-05T09:30:00Z" })}
          </div>
          {lines("labels", "Labels", "key=value, one per line")}
          {lines("requires", "Only on nodes with", "key=value, one per line")}
          {lines("resources", "Resources", "name=amount, one per line: cpu=2, memory=8GiB, gpu=1, license=1; pin for cores of its own")}
          {lines("env", "Environment", "NAME=value, one per line")}
          {lines("secretEnv", "Secrets", "NAME=value, one per line; never shown again, and left out of the JSON")}
          {lines("stdin", "Standard input", "At most 256 KiB")}
          <FilesField files={spec.files ?? []} set={(change) => { setJson(null); setForm((known) => withFiles(known, change)); }} uploads={(more) => setUploads((known) => known + more)} />
          {lines("artifacts", "Files to keep", "Patterns below the working folder such as out/**, one per line")}
        </div></section>
        <section class="panel"><div class="body">
          <Tabs of={[["json", "JSON"], ["curl", "curl"], ["otask", "otask"]]} chosen={tab} choose={setTab} />
          {tab === "json" ? <textarea rows={16} aria-label="The task as JSON" spellcheck={false} value={text} onInput={(event) => edit(event.currentTarget.value)} aria-invalid={broken} />
            : <><pre>{tab === "curl" ? curlOf("POST", "/tasks", hidden(spec), window.location.origin) : otaskOf(hidden(spec))}</pre>
              <Copy text={tab === "curl" ? curlOf("POST", "/tasks", hidden(spec), window.location.origin) : otaskOf(hidden(spec))} /></>}
          {broken && <p class="state failed" role="status">{wrong} The form keeps what it had.</p>}
          {fits !== undefined && <p class={fits === 0 ? "state failed" : "soft"}>{fits === 0 ? "No ready node has these labels: the task would wait." : `${count(fits)} of ${plural(nodes.data!.items.length, "node")} ${fits === 1 ? "fits" : "fit"}`}</p>}
          <div class="actions end"><Button type="submit" kind="main" disabled={cannot} title={refused ?? (uploads > 0 ? "Files are being sent" : "Ctrl Enter")}>Start the task</Button></div>
        </div></section>
      </div>
    </form>
  );
}

/** The spec without its secrets. */
function hidden(spec: TaskSpec): TaskSpec {
  const { secretEnv: _, ...rest } = spec;
  return rest;
}
