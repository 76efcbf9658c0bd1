import { pathOf } from "../api/client";
import type { List, Node as NodeRecord, Task } from "../api/types";
import { tasksUrl } from "../format/filters";
import { plainly } from "../format/hostile";
import { bytes } from "../format/numbers";
import { useResource } from "../store/resource";
import { Charts, type Plan } from "../ui/Charts";
import { NodeActions } from "../ui/NodeActions";
import { TaskTable } from "../ui/TaskTable";
import { Empty, Facts, Head, Labels, Shown, Slots, State, Text, Time } from "../ui/parts";

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
  const running = useResource<List<Task>>(pathOf("/tasks", { node: id, state: "running", limit: 50 }), 3_000);
  const recent = useResource<List<Task>>(pathOf("/tasks", { node: id, limit: 10 }), 10_000);
  return (
    <Shown of={shown}>{(node) => (
      <>
        <Head title={<Text>{node.id}</Text>} name={plainly(node.id)} back={["/ui/nodes", "Nodes"]} actions={<><NodeActions node={node} /><a class="button" href={tasksUrl({ node: id })}>View tasks</a></>}><State name={node.state} /></Head>
        <section class="panel"><div class="body"><Facts of={[["Slots", <><Slots node={node} /> {node.running} of {node.slots}</>], ["Load, one minute", node.load.toFixed(2)], ["Memory", bytes(node.memoryBytes)],
          ["Last report", <Time at={node.lastReportAt} age />], ["Address", <Text>{node.address}</Text>], ["Version", <Text>{node.version}</Text>], ["Enforces", node.enforces.join(", ") || "no limits"],
          ["Labels", Object.keys(node.labels).length > 0 ? <Labels of={node.labels} /> : "none"]]} /></div></section>
        <Charts plans={plans} by="node" of={node.id} />
        <section class="panel"><header><h2>Runs now</h2></header><Shown of={running} rows={2}>{(data) => data.items.length === 0 ? <Empty title="It runs nothing" /> : <TaskTable tasks={data.items} brief />}</Shown></section>
        <section class="panel"><header><h2>Newest tasks</h2></header><Shown of={recent} rows={3}>{(data) => data.items.length === 0 ? <Empty title="It has had no task" /> : <TaskTable tasks={data.items} brief />}</Shown></section>
        <History id={node.id} />
      </>)}</Shown>
  );
}
