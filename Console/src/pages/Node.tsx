import { useEffect, useState } from "preact/hooks";
import { pathOf } from "../api/client";
import type { Job, JobChunk, List, Node as NodeRecord, Task } from "../api/types";
import { tasksUrl } from "../format/filters";
import { plainly } from "../format/hostile";
import { nodeWord } from "../format/nodes";
import { bytes, plural } from "../format/numbers";
import { useResource } from "../store/resource";
import { Charts, type Plan } from "../ui/Charts";
import { NodeActions } from "../ui/NodeActions";
import { TaskTable } from "../ui/TaskTable";
import { Empty, Facts, Head, Labels, Shown, Slots, State, Text, Time } from "../ui/parts";

/** What takes its slots: tasks, and chunks of jobs, which no list of tasks has. */
function Work({ node }: { node: NodeRecord }) {
  const running = useResource<List<Task>>(pathOf("/tasks", { node: node.id, state: "running", limit: 100 }), 3_000);
  const assigned = useResource<List<Task>>(pathOf("/tasks", { node: node.id, state: "assigned", limit: 100 }), 3_000);
  const jobs = useResource<List<Job>>(pathOf("/jobs", { state: "running", limit: 10 }), 5_000);
  const [chunks, setChunks] = useState<Record<string, number>>({});
  const tasks = [...assigned.data?.items ?? [], ...running.data?.items ?? []];
  const active = jobs.data?.items.filter((job) => job.chunksRunning > 0) ?? [];
  const found = active.flatMap((job) => chunks[job.id] ? [{ job, count: chunks[job.id]! }] : []);
  const listed = tasks.length + found.reduce((sum, one) => sum + one.count, 0);
  return <section class="panel"><header><h2>Runs now</h2><span class="soft">{plural(node.running, "slot")} of {node.slots} taken</span></header>
    {active.map((job) => <ChunksOf key={job.id} job={job} node={node.id} set={(count) => setChunks((known) => known[job.id] === count ? known : { ...known, [job.id]: count })} />)}
    <Shown of={running} rows={2}>{() => tasks.length + found.length === 0 ? <Empty title="It runs nothing">{node.running > 0 ? "What took its slots has just ended." : ""}</Empty> : <>
      {tasks.length > 0 && <TaskTable tasks={tasks} brief />}
      {found.map(({ job, count }) => <p key={job.id} class="body chunks">{plural(count, "chunk")} of the job <a href={`/ui/jobs/${job.id}`}><Text>{job.name}</Text></a></p>)}
      {node.running > listed && tasks.length < 100 && <p class="body soft chunks">{plural(node.running - listed, "more slot is", "more slots are")} taken by what has just started or ended.</p>}</>}</Shown></section>;
}

/** Counts the chunks of a job that a node has. */
function ChunksOf({ job, node, set }: { job: Job; node: string; set: (count: number) => void }) {
  const { data } = useResource<List<JobChunk>>(pathOf(`/jobs/${job.id}/chunks`, { state: "running", limit: 1_000 }), 3_000);
  const count = data?.items.filter((chunk) => chunk.node === node || chunk.secondRunOn === node).length ?? 0;
  useEffect(() => set(count), [count]);
  return null;
}

/** The last changes of a node's state. */
function History({ id }: { id: string }) {
  const { data } = useResource<List<{ at: string; state: string }>>(pathOf(`/nodes/${encodeURIComponent(id)}/history`, { limit: 20 }), 10_000);
  if (!data?.items.length)
    return null;
  return <section class="panel"><header><h2>Changes of its state</h2></header><div class="wide"><table><tbody>{data.items.map((change, i) => (
    <tr key={i}><td><State name={change.state} /></td><td class="num"><Time at={change.at} /></td><td class="num soft"><Time at={change.at} age /></td></tr>))}</tbody></table></div></section>;
}

const plans: Plan[] = [
  { title: "Slots", unit: "count", lines: [["slots.used", "taken", "running"], ["slots.total", "all", "soft"]] },
  { title: "Load of the machine", unit: "load", lines: [["node.load", "one minute", "running"]] },
  { title: "Memory available", unit: "bytes", lines: [["node.memory", "available", "succeeded"]] },
];

/** One worker node: its slots, its machine, and what it runs. */
export default function Node({ id }: { id: string }) {
  const shown = useResource<NodeRecord>(`/nodes/${encodeURIComponent(id)}`, 2_000);
  const recent = useResource<List<Task>>(pathOf("/tasks", { node: id, limit: 10 }), 10_000);
  return (
    <Shown of={shown} page="Node" back={["/ui/nodes", "Nodes"]}>{(node) => (
      <>
        <Head title={<Text>{node.id}</Text>} name={plainly(node.id)} back={["/ui/nodes", "Nodes"]} actions={<><NodeActions node={node} /><a class="button" href={tasksUrl({ node: id })}>View tasks</a></>}><State name={node.state} word={nodeWord(node)} /></Head>
        <section class="panel"><div class="body"><Facts of={[["Slots", <><Slots node={node} /> {node.running} of {node.slots}</>], ["Load, one minute", node.load.toFixed(2)], ["Memory available", `${bytes(node.memoryBytes)}${node.memoryTotalBytes ? ` of ${bytes(node.memoryTotalBytes)}` : ""}`],
          ...Object.entries(node.resources ?? {}).map(([name, { offered, reserved }]): [string, string] => [`${name} reserved`, name === "memory" ? `${bytes(reserved)} of ${bytes(offered)}` : `${reserved} of ${offered}`]),
          ["Disk free", node.diskFreeBytes ? bytes(node.diskFreeBytes) : ""], ["Started", node.startedAt && <Time at={node.startedAt} age />], ["Lost", node.losses ? plural(node.losses, "time") : ""],
          ["Last report", <Time at={node.lastReportAt} age />], ["Address", <Text>{node.address}</Text>], ["Version", <Text>{node.version}</Text>], ["Enforces", <Text>{node.enforces.join(", ") || "no limits"}</Text>], ["Isolates", <Text>{node.isolates.join(", ") || "no commands"}</Text>], ["Pins", node.pins ? "tasks to cores of their own" : "no tasks"],
          ["Labels", Object.keys(node.labels).length > 0 ? <Labels of={node.labels} /> : "none"]]} /></div></section>
        <Charts plans={plans} by="node" of={node.id} />
        <Work node={node} />
        <section class="panel"><header><h2>Newest tasks</h2></header><Shown of={recent} rows={3}>{(data) => data.items.length === 0 ? <Empty title="It has had no task" /> : <TaskTable tasks={data.items} brief />}</Shown></section>
        <History id={node.id} />
      </>)}</Shown>
  );
}
