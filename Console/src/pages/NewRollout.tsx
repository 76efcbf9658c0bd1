import { useEffect, useRef, useState } from "preact/hooks";
import { get, pathOf, send } from "../api/client";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { Labels, List, Node, Queue, Rollout, RolloutSpec, Task, TaskSpec } from "../api/types";
import { count, plural } from "../format/numbers";
import { changed, faultsOf, first, labelsOf, nodesOf, selectedOf, shareOf, sharesOf, specOf, startLine, takesWork, wavesOf } from "../format/rollout";
import { rolloutShape } from "../format/shape";
import { argumentsIn, linesOf, number, pairsOf, text } from "../format/spec";
import { go, place } from "../router";
import { useResource } from "../store/resource";
import { Field, FaultList, type Faults } from "../ui/Field";
import { SecretsNote } from "../ui/SecretsNote";
import { SpecPanel } from "../ui/SpecPanel";
import { useOnce } from "../ui/once";
import { Button, Head, Icon, Loading, ProblemBox, Text } from "../ui/parts";
import { act } from "../ui/toast";

/** Starts a rollout: the command, the nodes that it selects now, and the waves that they make. */
export default function NewRollout() {
  const from = place.value.query.get("from");
  const [spec, setSpec] = useState<RolloutSpec>(first);
  const [fault, setFault] = useState<Problem | null>(null);
  const [sent, setSent] = useState(spec);
  const [isReady, setReady] = useState(!from);
  const [had, setHad] = useState("");
  const [isBroken, setBroken] = useState(false);
  // The command must not run twice because a button was pressed twice.
  const [once, isSending] = useOnce();
  const queues = useResource<List<Queue>>("/queues", 60_000);
  const nodes = useResource<List<Node>>("/nodes", 10_000).data?.items ?? null;
  useEffect(() => {
    if (from)
      Promise.all([get<Rollout>(`/rollouts/${encodeURIComponent(from)}`), secretsOf(from)]).then(([found, secrets]) => { setSpec(specOf(found)); setHad(secrets); },
        (thrown) => setFault(Problem.from(thrown))).then(() => setReady(true));
  }, [from]);
  const more = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (more.current?.querySelector("[aria-invalid=true]"))
      more.current.open = true;
    const wrong = document.querySelector<HTMLElement>("form [aria-invalid=true]");
    wrong?.focus();
    // Not behind the bar at the top.
    wrong?.scrollIntoView({ block: "center" });
  }, [fault]);
  if (!isReady)
    return <Loading />;
  const task: TaskSpec = typeof spec.task === "object" ? spec.task ?? {} : {};
  const { secretEnv, ...shown } = task;
  const open = secretEnv ? { ...spec, task: shown } : spec;
  const faults = faultsOf(fault?.errors ?? {}, sent, spec);
  const set = (values: Partial<RolloutSpec>) => setSpec(changed(spec, values));
  const setTask = (values: Partial<TaskSpec>) => set({ task: changed(task, values) });
  const missing = lacks("operate");
  const cannot = !!missing || isSending || isBroken || (!task.cmd && !task.argv);
  const start = () => once(async () => {
    if (cannot)
      return;
    setFault(null);
    setSent(spec);
    try {
      const rollout = await send<Rollout>("POST", "/rollouts", spec);
      await act(`Rollout ${rollout.name} started`, async () => {});
      go(`/ui/rollouts/${rollout.id}`);
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); void start(); }} onKeyDown={(event) => { if (event.ctrlKey && event.key === "Enter") { event.preventDefault(); void start(); } }}>
      <Head title={from ? "Run again, changed" : "New rollout"} back={["/ui/rollouts", "Rollouts"]}>One command, once on each selected node: first on a few, then on more.</Head>
      {fault && <ProblemBox problem={new Problem(fault.status, fault.code, fault.title, fault.message, fault.traceId, Object.fromEntries((faults.other ?? []).map(([path, message]) => [path, [message]])))} />}
      {had && !secretEnv && <SecretsNote title={`The rollout ${had} secrets`}>Enter them under Secrets, or the new rollout runs without them.</SecretsNote>}
      <div class="split">
        <section class="panel"><div class="body">
          {!task.argv && <Field title="Command" rows={3} value={text(task.cmd)} set={(cmd) => setTask({ cmd })} faults={faults.command} hint="A line for /bin/sh -c, in a fresh folder: use absolute paths" />}
          {!task.cmd && <Typed title="or a program and its arguments" rows={task.argv ? 4 : 1} value={task.argv} parse={argumentsIn} format={(words) => Array.isArray(words) ? words.map(text).join("\n") : text(words)} set={(argv) => setTask({ argv, cmd: argv ? undefined : "" })}
            faults={task.argv && faults.command} hint="One a line; no shell reads them" />}
          <div class="fields"><Field title="Name" value={text(spec.name ?? task.name)} set={(name) => spec.name === undefined ? setTask({ name }) : set({ name })} faults={faults.name} placeholder="the command's first word" hint="Of the rollout and its tasks" />
            <Field title="Queue" value={text(task.queue)} set={(queue) => setTask({ queue })} faults={faults.queue} placeholder="default" list="queues" /></div>
          <datalist id="queues">{queues.data?.items.map((queue) => <option key={queue.name} value={queue.name} />)}</datalist>
          <Select nodes={nodes ?? []} select={spec.select} set={(select) => set({ select })} faults={faults.select} />
          <div class="fields">
            <Typed title="Waves" value={spec.waves} parse={sharesOf} format={(waves) => Array.isArray(waves) ? waves.map(text).join(", ") : text(waves)} set={(waves) => set({ waves })} faults={faults.waves} placeholder="100%" hint="Rising totals: counts, or percentages of the nodes" />
            <Field title="May fail" value={text(spec.maxFailed)} set={(most) => set({ maxFailed: shareOf(most) })} faults={faults.maxFailed} placeholder="0" hint="A count or a percentage; more failures halt it" />
            <Field title="Pause" value={text(spec.pause)} set={(pause) => set({ pause })} faults={faults.pause} placeholder="0s" hint="Between two waves, such as 10m" />
            <Field title="Catch-up" value={text(spec.catchUp)} set={(catchUp) => set({ catchUp })} faults={faults.catchUp} placeholder="0s" hint="How long nodes that are away may come back for it, such as 24h" />
          </div>
          {nodes && <Plan spec={spec} nodes={nodes} />}
          <details class="more-fields" ref={more}>
            <summary>More about the task</summary>
            <div class="fields">
              <Field title="Priority" value={text(task.priority)} set={(priority) => setTask({ priority: priority === "" ? undefined : number(priority) as number })} faults={faults.priority} placeholder="5" inputMode="numeric" hint="0 to 9, larger first" />
              <Field title="Timeout" value={text(task.timeout)} set={(timeout) => setTask({ timeout })} faults={faults.timeout} placeholder="1h" hint="Of one attempt" />
              <Field title="Attempts" value={text(task.retry?.maxAttempts)} faults={faults.attempts} placeholder="1" inputMode="numeric" hint="How many may fail"
                set={(most) => { const retry = changed<Record<string, unknown>>(task.retry ?? {}, { maxAttempts: most === "" ? undefined : number(most) }); setTask({ retry: Object.keys(retry).length > 0 ? retry : undefined }); }} />
            </div>
            <Pairs title="Labels" value={task.labels} set={(labels) => setTask({ labels })} faults={faults.labels} hint="key=value, one per line" />
            <Pairs title="Environment" value={task.env} set={(env) => setTask({ env })} faults={faults.env} hint="NAME=value, one per line" />
            <Pairs title="Secrets" value={secretEnv} set={(pairs) => setTask({ secretEnv: pairs })} faults={faults.secretEnv} hint="NAME=value, one per line; never shown again, and left out of the JSON" />
            <Field title="Standard input" rows={2} value={text(task.stdin)} set={(stdin) => setTask({ stdin })} faults={faults.stdin} hint="At most 256 KiB" />
          </details>
          <div class="actions end"><Button type="submit" kind="main" disabled={cannot} title={missing ?? "Ctrl Enter"}>Start the rollout</Button></div>
        </div></section>
        <SpecPanel spec={open} shape={rolloutShape} change={(typed) => setSpec(secretEnv ? { ...typed, task: { ...typed.task, secretEnv } } : typed)} setBroken={setBroken} method="POST" path="/api/v1/rollouts" name="The rollout as JSON" otask={startLine(open)} />
      </div>
    </form>
  );
}

/** Whether a rollout had secrets, as part of a sentence; empty if it had none. One of its tasks tells, as long as the service keeps any. */
const secretsOf = (rollout: string): Promise<string> => get<List<Pick<Task, "hadSecrets">>>(pathOf("/tasks", { label: `rollout=${rollout}`, view: "row", limit: 1 }))
  .then(({ items: [task] }) => !task ? "may have had" : task.hadSecrets ? "had" : "").catch(() => "may have had");

interface TypedProps<T> { title: string; value: T; set: (value: T) => void; parse: (text: string) => T; format: (value: T) => string; hint?: string; rows?: number; faults?: Faults; [more: string]: unknown }

/** A field whose text means a value: the text stays as it was typed while it means the value. A value that the field cannot return unchanged is read-only here. */
function Typed<T>({ value, set, parse, format, ...field }: TypedProps<T>) {
  const [shown, type] = useTyped(value, set, parse, format);
  const isLossy = shown !== "" && JSON.stringify(parse(shown)) !== JSON.stringify(value);
  return <Field value={shown} set={type} {...field} {...isLossy ? { readOnly: true, hint: "Change it in the JSON" } : {}} />;
}

function useTyped<T>(value: T, set: (value: T) => void, parse: (text: string) => T, format: (value: T) => string): [text: string, type: (text: string) => void] {
  const [typed, setTyped] = useState("");
  const isMeant = JSON.stringify(parse(typed)) === JSON.stringify(value);
  return [isMeant ? typed : format(value), (next) => { setTyped(next); set(parse(next)); }];
}

function Pairs(field: { title: string; value: Labels | undefined; set: (pairs: Labels | undefined) => void; faults?: Faults; hint: string }) {
  return <Typed rows={2} parse={pairsOf} format={linesOf} {...field} />;
}

/** Fields for the labels that select nodes; each completes the labels that nodes carry. */
function Select({ nodes, select, set, faults }: { nodes: Node[]; select: Labels | undefined; set: (select: Labels | undefined) => void; faults?: Faults }) {
  const [shown, type] = useTyped(select, set, pairsOf, linesOf);
  const lines = shown.split("\n");
  const keys = lines.map((line) => line.split("=")[0]!.trim()).filter(Boolean);
  const twice = keys.find((key, i) => keys.indexOf(key) < i);
  return <div class="field" role="group" aria-label="Only on nodes with">Only on nodes with
    {lines.map((line, i) => <div class="pair" key={i}>
      <input aria-label="Label of the nodes" list="node-labels" autocomplete="off" spellcheck={false} value={line} placeholder={i === 0 ? "any labels" : "key=value"} aria-invalid={faults && true}
        onInput={(event) => type(lines.map((one, at) => at === i ? event.currentTarget.value : one).join("\n"))} />
      {lines.length > 1 && <Button kind="bare" icon="close" label="Remove" onClick={() => type(lines.filter((_, at) => at !== i).join("\n"))} />}</div>)}
    <datalist id="node-labels">{labelsOf(nodes).map(([label, many]) => <option key={label} value={label}>{plural(many, "node")}</option>)}</datalist>
    {lines.at(-1) !== "" && <div><Button icon="plus" onClick={() => type(`${shown}\n`)}>Add a label</Button></div>}
    {twice && <span class="state failed fault-text"><Icon name="failed" /><span><Text>{twice}</Text> is given twice; only its last value counts.</span></span>}
    <FaultList of={faults} /></div>;
}

const mostNamed = 8;
const mostShown = 12;

/** The nodes that the rollout would select now, and its waves. */
function Plan({ spec, nodes }: { spec: RolloutSpec; nodes: Node[] }) {
  const selected = selectedOf(nodes, spec.select);
  const away = selected.filter((node) => !takesWork(node));
  const all = selected.length;
  if (all === 0)
    return <p class="state failed fault-text" role="status"><Icon name="failed" /><span>{nodes.length === 0 ? "No node has registered." : "No node that runs commands has all of these labels."}</span></p>;
  const waves = wavesOf(spec.waves, selected);
  const reached = waves?.reduce((sum, wave) => sum + wave.length, 0) ?? all;
  const most = nodesOf(spec.maxFailed ?? 0, all, "down");
  return <div class="times" role="status"><b>Selects {count(all)} of {plural(nodes.length, "node")} now</b>
    {waves && <ol>{waves.slice(0, mostShown).map((wave, i) => <li key={i}>Wave {i + 1}: {wave.length === 0 ? <span class="soft">skipped, it adds no node</span>
      : <>{plural(wave.length, i === 0 ? "node" : "more node")} <span class="soft"><Named of={wave.map(({ id }) => id)} /></span></>}</li>)}
      {waves.length > mostShown && <li class="soft">and {plural(waves.length - mostShown, "more wave")}</li>}</ol>}
    {!waves && <p class="state failed fault-text"><Icon name="failed" /><span>Waves are counts above 0 and percentages up to 100%, such as 1, 10%, 100%.</span></p>}
    {reached < all && <p class="state failed fault-text"><Icon name="failed" /><span>The last wave reaches {count(reached)} of {count(all)} nodes; end with 100%.</span></p>}
    {most !== null && <p class="soft small">{most === 0 ? "One failure halts it." : most >= all ? "No failure halts it." : `More than ${plural(most, "failure halts", "failures halt")} it.`}</p>}
    {away.length > 0 && <p class="soft small">{count(away.length)} away now, {spec.catchUp ? `passed over unless back within ${spec.catchUp} of the start` : "passed over without catch-up"}: <Named of={away.map(({ id, state }) => `${id} ${state}`)} /></p>}</div>;
}

function Named({ of }: { of: string[] }) {
  return <><Text>{of.slice(0, mostNamed).join(", ")}</Text>{of.length > mostNamed && ` and ${count(of.length - mostNamed)} more`}</>;
}
