import { useEffect, useState } from "preact/hooks";
import { call, change, now, pathOf, send, undoOf } from "../api/client";
import { jsonOf } from "../api/json";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { Attempt, FailureGroup, Fit, List, Task as TaskRecord, TimelineEntry, Why, Workflow, WorkflowNode } from "../api/types";
import { isFinal } from "../api/types";
import { attemptOf, commandOf, curlOf, cut, itemOf, lastLineOf, otaskOf, reasonOf, titleOf } from "../format/command";
import { actorOf, byWords } from "../format/audit";
import { againPage, definitionPage } from "../format/definition";
import { tasksUrl } from "../format/filters";
import { plainly } from "../format/hostile";
import { bytes, count, plural } from "../format/numbers";
import { apart, resourcesOf } from "../format/spec";
import { ranFor } from "../format/course";
import { between, duration, tick } from "../format/time";
import { itemsOf, sharesOf } from "../format/workflow";
import { LogView } from "../log/LogView";
import { go, place, setQuery } from "../router";
import { useResource } from "../store/resource";
import { Artifacts } from "../ui/Artifacts";
import { confirmWhy } from "../ui/confirm";
import { Button, Copy, Empty, Facts, Head, Icon, Labels, ProblemBox, Loading, ProgressOf, Shown, State, Tabs, Text, Time } from "../ui/parts";
import { SharesBar } from "../ui/Shares";
import { TimeBar } from "../ui/TimeBar";
import { act } from "../ui/toast";

/** One task: what has become of it, why it waits or failed, its output, its attempts, and what can be done. */
export default function Task({ id }: { id: string }) {
  const shown = useResource<TaskRecord>(`/tasks/${encodeURIComponent(id)}`, 3_000);
  return <Shown of={shown} page="Task" back={["/ui/tasks", "Tasks"]}>{(task) => <Found task={task} />}</Shown>;
}

function Found({ task }: { task: TaskRecord }) {
  const waits = task.state === "queued" || task.state === "scheduled";
  const attempts = useResource<List<Attempt>>(`/tasks/${task.id}/attempts`, isFinal(task.state) ? 30_000 : 3_000);
  const attempt = Number(place.value.query.get("attempt")) || null;
  const command = commandOf(task.spec);
  const tabs: [string, string][] = [["log", "Log"], ...(waits ? [["why", "Why it waits"] as [string, string]] : []), ...(task.resultBytes ? [["result", "Result"] as [string, string]] : []), ...(typeof task.artifactCount === "number" ? [["files", `Files (${count(task.artifactCount)})`] as [string, string]] : []), ["attempts", `Attempts ${task.attempt > 0 ? `(${task.attempt})` : ""}`], ["timeline", "Timeline"], ["spec", "Spec"]];
  // A tab may go: a task that has started does not wait any more.
  const asked = place.value.query.get("tab");
  const tab = tabs.some(([name]) => name === asked) ? asked! : waits ? "why" : "log";
  return (
    <>
      <Head title={<Text>{titleOf(task)}</Text>} name={`${task.state}: ${plainly(titleOf(task))}`} back={["/ui/tasks", "Tasks"]} actions={<Actions task={task} />}>
        <div class="about">
          <State name={task.state} word={wordsOf(task)} />
          {task.quarantined && <State name="failed" word="quarantined" />}
          {task.cancelRequestedAt && !isFinal(task.state) && <span>asked to end <Time at={task.cancelRequestedAt} age /></span>}
          <span>queue <a href={`/ui/queues/${task.queue}`}>{task.queue}</a></span>
          {task.node && <span>node <a href={`/ui/nodes/${encodeURIComponent(task.node)}`}><Text>{task.node}</Text></a></span>}
          {task.submittedBy && <span>by <Text>{actorOf(task.submittedBy)}</Text></span>}
          {task.definition && <span>definition <a href={definitionPage(task.definition.name)}><Text>{task.definition.name}</Text></a> version {task.definition.version}</span>}
          {task.attempt > 0 && <span>attempt {attemptOf(task)}</span>}
          {task.workflow && <span><Of workflow={task.workflow} /> › <Text>{itemOf(task.workflow.node, task.workflow.item)}</Text></span>}
        </div>
        {command !== "" && command !== titleOf(task) && <div class="command"><code title={cut(command, 2_000)}><Text>{cut(command, 400)}</Text></code><Copy text={command} label="Copy the command" /></div>}
      </Head>
      {task.progress && task.state === "running" && <ProgressOf progress={task.progress} endsAt />}
      <TimeBar task={task} attempts={attempts.data?.items ?? []} />
      {task.state === "failed" && <Cause task={task} />}
      {(task.state === "failed" || task.state === "cancelled") && task.workflow && <NodeOfEnded workflow={task.workflow} />}
      {task.cancelRequestedAt && <Canceller task={task} />}
      <Tabs of={tabs} chosen={tab} choose={(name) => setQuery({ tab: name })} />
      {tab === "log" && task.workflow && task.workflow.item === null && task.attempt === 0 && <Items task={task} workflow={task.workflow} />}
      {tab === "log" && <>
        {task.attempt > 1 && <div class="chips">{Array.from({ length: Math.min(task.attempt, 100) }, (_, i) => i + 1).map((no) => (
          <button type="button" class="pick" key={no} aria-pressed={(attempt ?? task.attempt) === no} onClick={() => setQuery({ attempt: no === task.attempt ? null : String(no) })}>Attempt {no}</button>))}</div>}
        <LogView task={task} attempt={attempt} /></>}
      {tab === "why" && <Waiting task={task} />}
      {tab === "result" && <Result task={task} />}
      {tab === "files" && <Artifacts task={task} />}
      {tab === "attempts" && <section class="panel"><Shown of={attempts} rows={2}>{(data) => <Attempts of={data.items} />}</Shown></section>}
      {tab === "timeline" && <Timeline task={task} />}
      {tab === "spec" && <Spec task={task} />}
      <section class="panel"><div class="body"><Facts of={[
        ["Id", <><code>{task.id}</code> <Copy text={task.id} label="Copy the id" /></>],
        ["Priority", task.priority], ["Created", <Time at={task.createdAt} />], ["Started", task.startedAt && <Time at={task.startedAt} />], ["Ended", task.endedAt && <Time at={task.endedAt} />],
        ["Output", (isFinal(task.state) || task.output.stdoutBytes + task.output.stderrBytes > 0) && `${bytes(task.output.stdoutBytes)} and ${bytes(task.output.stderrBytes)} of errors`],
        ["Progress", task.progress && task.state !== "running" && `${task.progress.percent} % ${task.progress.message}`],
        ["Resources", task.spec.resources && resourcesOf(task.spec.resources)],
        ["Labels", Object.keys(task.labels).length > 0 && <Labels of={task.labels} />],
      ].filter(([, value]) => value !== false) as [string, preact.ComponentChildren][]} /></div></section>
    </>
  );
}

function wordsOf(task: TaskRecord): string {
  tick.value;
  const took = duration(ranFor(task, now()));
  switch (task.state) {
    case "failed": return `failed: ${reasonOf(task)}${took && ` after ${took}`}`;
    case "succeeded": return `succeeded${took && ` after ${took}`}`;
    case "running": return `running for ${took}`;
    case "queued": return `queued for ${between(task.queuedAt ?? task.createdAt, null, now())}`;
    default: return task.state;
  }
}

const useWorkflow = (id: string | undefined) => useResource<Workflow>(id ? `/workflows/${id}` : null, 10_000).data;

/** Says how to continue a workflow that has ended: by a retry of the workflow, not of this node. */
function NodeOfEnded({ workflow: { id, node } }: { workflow: NonNullable<TaskRecord["workflow"]> }) {
  const workflow = useWorkflow(id);
  return !workflow || workflow.state === "running" ? null : (
    <div class="notice"><Icon name="workflows" /><div class="grow"><b>Its workflow <Text>{workflow.name}</Text> has ended</b>
      <p><a href={`/ui/workflows/${id}?focus=${encodeURIComponent(node)}`}>Retry the failed part of its workflow</a> to go on with it. “Run again” and “Edit and run” start a separate task.</p></div></div>);
}

/** How the items of a node with forEach stand, whose own task runs nothing; each count leads to the tasks. */
function Items({ task, workflow }: { task: TaskRecord; workflow: NonNullable<TaskRecord["workflow"]> }) {
  const nodes = useResource<List<WorkflowNode>>(pathOf(`/workflows/${workflow.id}/nodes`, { limit: 1_000 }), isFinal(task.state) ? 60_000 : 3_000);
  const node = nodes.data?.items.find((found) => found.task === task.id);
  if (!node?.elements)
    return null;
  const { byState } = node.elements;
  const known = { workflow: workflow.id, name: task.name };
  return <section class="panel"><header><h2>Items</h2><span class="soft">{node.detail ?? itemsOf(node)}</span><a href={tasksUrl(known)}>All items</a></header>
    <div class="body"><SharesBar of={byState} /><p class="counts">{sharesOf(byState).map(({ name, count: held }) => (
      <a key={name} href={tasksUrl({ ...known, state: name })}><State name={name} word={`${count(held)} ${name}`} /></a>))}</p></div></section>;
}

/** The workflow that a task is a node of; there the node is marked. */
function Of({ workflow }: { workflow: NonNullable<TaskRecord["workflow"]> }) {
  const found = useWorkflow(workflow.id);
  return <a href={`/ui/workflows/${workflow.id}?focus=${encodeURIComponent(workflow.node)}`}>{found ? <Text>{found.name}</Text> : "a workflow"}</a>;
}

function Actions({ task }: { task: TaskRecord }) {
  const submit = lacks("submit");
  const workflow = useWorkflow(task.workflow?.id);
  const over = workflow && workflow.state !== "running" ? "Its workflow has ended: retry the failed part there" : undefined;
  const cancel = async () => {
    const reason = task.state !== "running" ? "" : await confirmWhy({ title: "Cancel this task?", text: <>The command gets SIGTERM, and SIGKILL {task.spec.killGrace ?? "5s"} later.</>, action: "Cancel the task", danger: true });
    if (reason !== null)
      await act("Cancel requested", () => change<TaskRecord>(`/tasks/${task.id}/cancel`, reason), undefined, undoOf);
  };
  const gone = task.hadSecrets ? "Its secrets were deleted when it ended: run it again and enter them" : undefined;
  const again = async () => {
    if (task.hadSecrets)
      return go(`/ui/new/task?from=${task.id}`);
    const started = await act((answer: TaskRecord) => `Started again as ${plainly(answer.name)}`, () => send<TaskRecord>("POST", "/tasks", apart(task.spec)));
    if (started)
      go(`/ui/tasks/${started.id}`);
  };
  return (
    <>
      {(task.state === "failed" || task.state === "cancelled") && <Button kind="main" icon="retry" disabled={!!(submit ?? over ?? gone)} title={submit ?? over ?? gone ?? "Queue this task again, with fresh attempts"} onClick={() => act("Queued again", () => change<TaskRecord>(`/tasks/${task.id}/retry`), undefined, undoOf)}>Retry</Button>}
      {!isFinal(task.state) && <Button kind="danger" disabled={!!submit || task.cancelRequestedAt !== null} title={submit} onClick={cancel}>Cancel</Button>}
      <Button icon="running" disabled={!!submit} title={submit ?? (task.hadSecrets ? "A new task with the same spec; its secrets must be entered again" : "A new task with the same spec")} onClick={again}>Run again</Button>
      {task.definition && !task.workflow && <a class="button" href={againPage(task.definition.name, task.id)} title="The form of its definition, with the values of this run">Change values</a>}
      <a class="button" href={`/ui/new/task?from=${task.id}`}>Edit and run</a>
    </>
  );
}

function Cause({ task }: { task: TaskRecord }) {
  const groups = useResource<List<FailureGroup>>(task.fingerprint ? "/failures" : null, 30_000);
  const group = groups.data?.items.find((found) => found.fingerprint === task.fingerprint);
  const last = lastLineOf(task);
  return (
    <div class="notice bad"><Icon name="failed" /><div class="grow"><b>{reasonOf(task)}</b>
      {last && <p class="mono"><Text>{last}</Text></p>}
      {group && group.count > 1 && <p><a href={tasksUrl({ state: "failed", fingerprint: group.fingerprint })}>{plural(group.count - 1, "more task")} with this cause</a></p>}</div></div>
  );
}

function Waiting({ task }: { task: TaskRecord }) {
  const why = useResource<Why>(`/tasks/${task.id}/why`, 2_000);
  return (
    <section class="panel"><div class="body"><Shown of={why} rows={2}>{(data) => data.reasons.length === 0 ? <Empty title="Nothing holds it back: it starts next" /> : (
      <ul class="reasons">{data.reasons.map((reason, i) => (
        <li key={i}><Icon name="queued" /><div><b>{reason.code.replaceAll("-", " ")}</b><p><Text>{reason.detail}</Text></p>
          {reason.until && <p class="soft">until <Time at={reason.until} /></p>}</div></li>))}
        {data.reasons.some((reason) => reason.code === "no-matching-node") && <li><Fits task={task} /></li>}
        {data.estimatedStart && <li><Icon name="scheduled" /><span>{data.confidence === "exact" ? "Starts" : "Probably starts"} <Time at={data.estimatedStart} age />{data.estimatedRange &&
          <>, between <Time at={data.estimatedRange.from} /> and <Time at={data.estimatedRange.to} /></>}</span></li>}</ul>)}</Shown></div></section>
  );
}

/** Which nodes could run it, and why the others could not: the gateway tries its spec without storing anything. */
function Fits({ task }: { task: TaskRecord }) {
  const [nodes, setNodes] = useState<Fit[]>([]);
  useEffect(() => {
    send<{ nodes: Fit[] }>("POST", "/tasks?dryRun=true", task.spec).then((answer) => setNodes(answer.nodes), () => setNodes([]));
  }, [task.id]);
  if (nodes.length === 0)
    return null;
  const first = [...nodes].sort((a, b) => Number(b.fits) - Number(a.fits)).slice(0, 50);
  return <div class="wide"><table><thead><tr><th>Node</th><th>Fits</th><th>Why not</th></tr></thead><tbody>{first.map((fit) => (
    <tr key={fit.node}><td><a href={`/ui/nodes/${encodeURIComponent(fit.node)}`}><Text>{fit.node}</Text></a></td><td>{fit.fits ? "yes" : "no"}</td><td><Text>{fit.detail}</Text></td></tr>))}
  </tbody></table>{nodes.length > first.length && <p class="soft">{plural(nodes.length - first.length, "more node")}</p>}</div>;
}

const useTimeline = (task: TaskRecord) => useResource<List<TimelineEntry>>(`/tasks/${task.id}/timeline`, isFinal(task.state) ? 60_000 : 10_000);

/** Who asked for its end, and why. */
function Canceller({ task }: { task: TaskRecord }) {
  const found = useTimeline(task).data?.items.findLast((entry) => entry.kind === "request");
  return !found?.by && !found?.comment ? null : (
    <div class="notice"><Icon name="cancelled" /><div class="grow"><b>{found.by ? <>Cancelled by <Text>{byWords(found.by)}</Text></> : "Cancelled"}</b> <Time at={found.at} />
      {found.comment && <p><Text>{found.comment}</Text></p>}</div></div>
  );
}

function Timeline({ task }: { task: TaskRecord }) {
  const timeline = useTimeline(task);
  return <section class="panel"><Shown of={timeline} rows={3}>{({ items }) => (
    <div class="wide"><table><thead><tr><th>When</th><th>What</th><th class="num">Attempt</th><th>Node</th><th>Who</th><th>Why</th></tr></thead><tbody>{items.map((entry, i) => (
      <tr key={i}><td><Time at={entry.at} /></td><td>{entry.state ? <State name={entry.state} /> : entry.kind === "operator" ? "retry asked for" : "cancel asked for"}</td>
        <td class="num">{entry.attempt || ""}</td><td><Text>{entry.node}</Text></td><td><Text>{byWords(entry.by)}</Text></td>
        <td><Text>{entry.comment ?? (entry.reason ?? "").replaceAll("-", " ")}</Text></td></tr>))}</tbody></table></div>)}</Shown></section>;
}

function Attempts({ of }: { of: Attempt[] }) {
  if (of.length === 0)
    return <Empty title="No attempt yet" />;
  return <div class="wide"><table><thead><tr><th>Attempt</th><th>State</th><th>Why</th><th>Node</th><th>Started</th><th class="num">Took</th><th class="num">CPU</th><th class="num">Memory</th></tr></thead>
    <tbody>{of.map((attempt) => (
      <tr key={attempt.attempt}><td>{attempt.attempt}</td><td><State name={attempt.state} /></td><td>{reasonOf(attempt)}</td><td><Text>{attempt.node}</Text></td>
        <td><Time at={attempt.startedAt} /></td><td class="num">{between(attempt.startedAt, attempt.endedAt, now())}</td><td class="num">{attempt.cpuTime}</td><td class="num">{bytes(attempt.maxRssBytes)}</td></tr>))}
    </tbody></table></div>;
}

/** What the command has left as its result, as it wrote it: numbers of any length stay what they are. */
function Result({ task }: { task: TaskRecord }) {
  const [text, setText] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const reading = new AbortController();
    call("GET", `/tasks/${task.id}/result`, { signal: reading.signal }).then((answer) => answer.text())
      .then(setText, (thrown: unknown) => setProblem(Problem.from(thrown)));
    return () => reading.abort();
  }, [task.id, task.attempt]);
  return <section class="panel"><div class="body">{problem && <ProblemBox problem={problem} />}
    {text === null ? !problem && <Loading rows={2} /> : <>
      <div class="actions"><span class="soft">{bytes(task.resultBytes ?? 0)}</span><Copy text={text} /></div><pre><Text>{text}</Text></pre></>}</div></section>;
}

function Spec({ task }: { task: TaskRecord }) {
  const [form, setForm] = useState("command");
  const text = { command: commandOf(task.spec), json: jsonOf(task.spec, 2), curl: curlOf("POST", "/tasks", task.spec, window.location.origin), otask: otaskOf(task.spec) }[form]!;
  return <section class="panel"><div class="body"><div class="actions"><Tabs of={[["command", "Command"], ["json", "JSON"], ["curl", "curl"], ["otask", "otask"]]} chosen={form} choose={setForm} /><Copy text={text} /></div>
    <pre><Text>{text}</Text></pre></div></section>;
}
