import { now, pathOf } from "../api/client";
import type { FailureGroup, Job, List, Node, Queue, Schedule, Summary, Task, UpcomingTime, Workflow } from "../api/types";
import { states } from "../api/types";
import { alike, type TaskRow, taskOf } from "../format/command";
import { tasksUrl } from "../format/filters";
import { compact } from "../format/numbers";
import { progressOf } from "../format/workflow";
import { unique } from "../store/pages";
import { useResource } from "../store/resource";
import { AttentionList, useAttention } from "../ui/AttentionList";
import { Charts, type Plan } from "../ui/Charts";
import { FailureRows } from "../ui/FailureRows";
import { Favourites } from "../ui/Favourites";
import { TaskTable } from "../ui/TaskTable";
import { Bar, Copy, Empty, Head, NewLink, Shown, State, Text, Time } from "../ui/parts";

/** Whether anything is wrong, what runs, and what comes next. */
export default function Overview() {
  // Ticks tell what changes; the periods are for what they may have missed.
  const summary = useResource<Summary>("/tasks/summary", 60_000);
  const queues = useResource<List<Queue>>("/queues", 30_000);
  const nodes = useResource<List<Node>>("/nodes", 30_000);
  const failures = useResource<List<FailureGroup>>(pathOf("/failures", { limit: 5 }), 60_000);
  const recent = useResource<List<TaskRow>>(pathOf("/tasks", { view: "row", limit: 40 }), 30_000);
  if (summary.data?.total === 0)
    return <First />;
  return (
    <>
      <Head title="Overview" actions={<NewLink href="/ui/new/task" scopes={["submit"]}>New task</NewLink>}><Verdict nodes={nodes.data?.items} /></Head>
      <AttentionList />
      <Shown of={summary} rows={2}>{(data) => <Figures summary={data} />}</Shown>
      <Charts plans={plans} />
      <div class="grid uneven">
        <div>
          <section class="panel"><header><h2>Newest tasks</h2><a href="/ui/tasks">All tasks</a></header>
            <Shown of={recent}>{(data) => <Newest tasks={data.items.map(taskOf)} />}</Shown></section>
          <section class="panel"><header><h2>Failures by cause</h2><a href={tasksUrl({ state: "failed" })}>All failed</a></header>
            <Shown of={failures} rows={3}>{(data) => data.items.length === 0 ? <Empty title="Nothing has failed" /> : <FailureRows groups={data.items} />}</Shown></section>
        </div>
        <div>
          <Favourites />
          <section class="panel"><header><h2>Nodes</h2><a href="/ui/nodes">All nodes</a></header>
            <Shown of={nodes} rows={2}>{(data) => <Nodes nodes={data.items} />}</Shown></section>
          <section class="panel"><header><h2>Queues</h2><a href="/ui/queues">All queues</a></header>
            <Shown of={queues} rows={2}>{(data) => <Queues queues={data.items} />}</Shown></section>
          <Upcoming />
          <Jobs />
          <Workflows />
        </div>
      </div>
    </>
  );
}

/** The newest tasks; of those that are alike, one row. */
function Newest({ tasks }: { tasks: Task[] }) {
  const kinds = alike(tasks).slice(0, 8);
  return <TaskTable tasks={kinds.map(({ first }) => first)} times={kinds.map(({ count }) => count)} brief />;
}

function Verdict({ nodes }: { nodes: Node[] | undefined }) {
  const { data, problem } = useAttention();
  if (nodes?.every((node) => node.state !== "ready" && node.state !== "busy"))
    return <State name="failed" word="No node is ready: nothing can start" />;
  // What was read earlier is no reason to say that all is well.
  if (!data || (problem && data.items.length === 0))
    return null;
  const severe = data.items.filter((item) => item.severity === "severe").length;
  return data.items.length > 0
    ? <State name={severe > 0 ? "failed" : "queued"} word={`${data.items.length === 1 ? "1 thing needs" : `${data.items.length} things need`} attention`} />
    : <><State name="succeeded" word="No alarms" /><LateFailures /></>;
}

const fiveMinutes = 300_000;

/** How many tasks failed in the last hour, with the list of them. */
function LateFailures() {
  // Rounded down, so that the address changes only every five minutes.
  const since = new Date(Math.floor(now() / fiveMinutes) * fiveMinutes - 3_600_000).toISOString();
  // The list has the same filters as the number, so both count the same tasks.
  const filters = { state: "failed", endedAfter: since };
  const { data } = useResource<Summary>(pathOf("/tasks/summary", filters), 60_000);
  return data && data.total > 0 ? <> · <a href={tasksUrl({ ...filters, sort: "-ended" })}>{compact(data.total)} failed in the last hour</a></> : null;
}

const plans: Plan[] = [
  { title: "Tasks that end", unit: "rate", lines: [["tasks.succeeded", "succeeded", "succeeded"], ["tasks.failed", "failed", "failed"], ["tasks.accepted", "accepted", "soft"]] },
  { title: "Queued and running", unit: "count", lines: [["queue.depth", "queued", "queued"], ["queue.running", "running", "running"]] },
  { title: "Wait before a start", unit: "time", empty: "Nothing has started in this time", lines: [["wait.p50", "50 %", "running"], ["wait.p95", "95 %", "queued"], ["wait.p99", "99 %", "failed"]] },
  { title: "Slots", unit: "count", lines: [["slots.used", "taken", "running"], ["slots.total", "all", "soft"]] },
];

function Figures({ summary }: { summary: Summary }) {
  return <div class="figures">{states.map((state) => (
    <a key={state} href={tasksUrl({ state })}><b>{compact(summary.byState[state] ?? 0)}</b><State name={state} /></a>))}</div>;
}

function Nodes({ nodes }: { nodes: Node[] }) {
  const here = nodes.filter((node) => node.state !== "gone");
  if (here.length === 0)
    return <Empty title="No node has registered"><pre>make worker ARGS="--master HOST:50051 --name w1 --slots 4"</pre></Empty>;
  return <div class="wide"><table><tbody>{here.slice(0, 6).map((node) => (
    <tr key={node.id}><td><State name={node.state} /></td><td class="name"><a href={`/ui/nodes/${encodeURIComponent(node.id)}`}><Text>{node.id}</Text></a></td>
      <td><Bar value={node.running} most={node.slots} label={`${node.running} of ${node.slots} slots`} /></td>
      <td class="num">{node.running}/{node.slots}</td></tr>))}</tbody></table></div>;
}

function Queues({ queues }: { queues: Queue[] }) {
  const busiest = [...queues].sort((a, b) => b.depth + b.running - a.depth - a.running).slice(0, 5);
  if (busiest.length === 0)
    return <Empty title="No queue has had a task yet" />;
  return <div class="wide"><table><thead><tr><th>Queue</th><th class="num">Queued</th><th class="num">Running</th><th>Oldest</th></tr></thead>
    <tbody>{busiest.map((queue) => (
      <tr key={queue.name}><td class="name"><a href={`/ui/queues/${queue.name}`}>{queue.name}</a>{queue.paused && <> <State name="paused" /></>}</td>
        <td class="num">{compact(queue.depth)}</td><td class="num">{queue.running}{queue.maxRunning !== null && `/${queue.maxRunning}`}</td>
        <td>{queue.oldestQueuedAt ? <Time at={queue.oldestQueuedAt} age /> : ""}</td></tr>))}</tbody></table></div>;
}

/** The schedules that run next. */
function Upcoming() {
  const first = useResource<List<Schedule>>(pathOf("/schedules", { limit: 100 }), 30_000).data;
  // One page of schedules has all times, also those beyond a day. Of more schedules, those of the next day come from another call; without its answer,
  // the first page has to do.
  const all = useResource<List<UpcomingTime>>(first?.nextCursor ? "/schedules/upcoming" : null, 30_000).data;
  const known = (first?.items ?? []).filter((found) => found.nextRuns.length > 0).map((found): UpcomingTime => ({ time: found.nextRuns[0]!, schedule: found.id }));
  const next = unique([...all?.items ?? [], ...known], (one) => one.schedule).sort((a, b) => a.time.localeCompare(b.time)).slice(0, 5);
  if (next.length === 0)
    return null;
  return <section class="panel"><header><h2>Next runs</h2><a href="/ui/schedules">All schedules</a></header>
    <div class="wide"><table><tbody>{next.map(({ time, schedule }) => (
      <tr key={schedule}><td class="name"><a href={`/ui/schedules/${schedule}`}>{schedule}</a></td><td class="num"><Time at={time} age /></td></tr>))}
    </tbody></table></div></section>;
}

function Jobs() {
  const jobs = useResource<List<Job>>(pathOf("/jobs", { state: "running", limit: 5 }), 15_000);
  if (!jobs.data?.items.length)
    return null;
  return <section class="panel"><header><h2>Running jobs</h2><a href="/ui/jobs">All jobs</a></header>
    <div class="wide"><table><tbody>{jobs.data.items.map((job) => (
      <tr key={job.id}><td class="name"><a href={`/ui/jobs/${job.id}`}><Text>{job.name}</Text></a></td>
        <td><Bar value={job.percent ?? 0} most={100} label={`${job.percent ?? 0} percent`} /></td><td class="num">{job.percent === null ? "" : `${Math.floor(job.percent)} %`}</td></tr>))}
    </tbody></table></div></section>;
}

function Workflows() {
  const workflows = useResource<List<Workflow>>(pathOf("/workflows", { state: "running", limit: 5 }), 15_000);
  if (!workflows.data?.items.length)
    return null;
  return <section class="panel"><header><h2>Running workflows</h2><a href="/ui/workflows">All workflows</a></header>
    <div class="wide"><table><tbody>{workflows.data.items.map((workflow) => (
      <tr key={workflow.id}><td class="name"><a href={`/ui/workflows/${workflow.id}`}><Text>{workflow.name}</Text></a></td>
        <td><Bar value={workflow.ended} most={workflow.nodes} label={progressOf(workflow)} /></td><td class="num">{workflow.ended} of {workflow.nodes}</td></tr>))}
    </tbody></table></div></section>;
}

function First() {
  const line = `curl -X POST -H 'Content-Type: application/json' \\\n     -d '{"cmd":"echo hello"}' ${window.location.origin}/tasks`;
  return (
    <>
      <Head title="Overview">The service is ready and has no task yet.</Head>
      <AttentionList />
      <Favourites />
      <section class="panel"><Empty title="Start the first task">
        <p><a class="button main" href="/ui/new/task?cmd=echo+hello">Try echo hello…</a></p><p>or from a terminal:</p>
        <pre>{line}</pre><Copy text={line} /></Empty></section>
      <Upcoming />
      <Jobs />
    </>
  );
}
