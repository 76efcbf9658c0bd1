import { useEffect, useState } from "preact/hooks";
import { now, pathOf, send } from "../api/client";
import { lacks } from "../api/session";
import type { List, Task, Why, Workflow as WorkflowData, WorkflowNode } from "../api/types";
import { itemOf, lastLineOf } from "../format/command";
import { tasksUrl } from "../format/filters";
import { plainly } from "../format/hostile";
import { plural } from "../format/numbers";
import { between, tick } from "../format/time";
import { hrefOf, mostDrawn, progressOf, stateOf, toRetry } from "../format/workflow";
import { place, setQuery } from "../router";
import { useResource } from "../store/resource";
import { WorkflowGraph } from "../ui/WorkflowGraph";
import { NodeLayers, NodeList } from "../ui/WorkflowNodes";
import { Shares, SharesBar } from "../ui/Shares";
import { confirm, confirmWhy } from "../ui/confirm";
import { Button, Copy, Facts, Head, Icon, Labels, Shown, State, Tabs, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";

/** As many failed nodes as the service names: WorkflowView.MostFailedNodes. */
const mostFailedNodes = 10;

/** One workflow: how far it is, why it waits or failed, its nodes as a picture and as a list, and what can be done. */
export default function Workflow({ id }: { id: string }) {
  // Once it has ended it is read seldom.
  const [period, setPeriod] = useState(3_000);
  const shown = useResource<WorkflowData>(`/workflows/${encodeURIComponent(id)}`, period);
  const ended = shown.data !== null && shown.data.state !== "running";
  useEffect(() => setPeriod(ended ? 30_000 : 3_000), [ended]);
  return <Shown of={shown} page="Workflow" back={["/ui/workflows", "Workflows"]}>{(workflow) => <Found workflow={workflow} period={period} />}</Shown>;
}

function Found({ workflow, period }: { workflow: WorkflowData; period: number }) {
  const isSmall = workflow.nodes <= mostDrawn;
  const tabs: [string, string][] = [...isSmall ? [["graph", "Graph"], ["timeline", "Timeline"]] as [string, string][] : [["layers", "Layers"] as [string, string]], ["list", "List"]];
  const asked = place.value.query.get("tab");
  const tab = tabs.some(([name]) => name === asked) ? asked! : tabs[0]![0];
  return (
    <>
      <Head title={<Text>{workflow.name}</Text>} name={`${workflow.state}: ${plainly(workflow.name)}`} back={["/ui/workflows", "Workflows"]} actions={<Actions workflow={workflow} />}>
        <Words workflow={workflow} />
      </Head>
      {workflow.state === "failed" && <Failed workflow={workflow} />}
      <Progress workflow={workflow} />
      <Tabs of={tabs} chosen={tab} choose={(name) => setQuery({ tab: name, state: null })} />
      {(tab === "graph" || tab === "timeline") && <WorkflowGraph workflow={workflow} period={period} over={tab === "graph" ? "layers" : "time"} />}
      {tab === "layers" && <NodeLayers workflow={workflow} />}
      {tab === "list" && <NodeList workflow={workflow} period={period} />}
      <div class="grid">
        <Slowest workflow={workflow} />
        <section class="panel"><header><h2>About</h2></header><div class="body"><Facts of={[
          ["Id", <><code>{workflow.id}</code> <Copy text={workflow.id} label="Copy the id" /></>],
          ["Queue", <a href={`/ui/queues/${workflow.queue}`}>{workflow.queue}</a>],
          ["Tasks", <a href={tasksUrl({ workflow: workflow.id })}>All its tasks</a>],
          ["After a failure", workflow.onFailure === "cancel" ? "cancel the rest" : "go on with what can run"],
          ["Created", <Time at={workflow.createdAt} />], ["Started", workflow.startedAt && <Time at={workflow.startedAt} />],
          ["Ended", workflow.endedAt && <Time at={workflow.endedAt} />],
          ["Labels", Object.keys(workflow.labels).length > 0 ? <Labels of={workflow.labels} /> : null],
        ]} /></div></section>
      </div>
    </>
  );
}

function wordsOf(workflow: WorkflowData, age: string): string {
  // After a retry, startedAt is still the start of the first run. The time since then includes the time between the runs,
  // so it is not given as the workflow's duration.
  if (workflow.run > 1)
    return workflow.state;
  if (workflow.state === "running")
    return age ? `running for ${age}` : "has not started yet";
  return age ? `${workflow.state} after ${age}` : workflow.state;
}

function Words({ workflow }: { workflow: WorkflowData }) {
  tick.value;
  const age = between(workflow.startedAt, workflow.endedAt, now());
  return <><State name={workflow.state === "running" && !age ? "queued" : workflow.state} word={wordsOf(workflow, age)} />
    {workflow.run > 1 && <> · run {workflow.run}{age && (workflow.endedAt ? `, ended ${age} after the first start` : `, first started ${age} ago`)}</>}
    {workflow.cancelRequestedAt && workflow.state === "running" && <> · asked to end <Time at={workflow.cancelRequestedAt} age /></>}</>;
}

function Actions({ workflow }: { workflow: WorkflowData }) {
  const submit = lacks("submit");
  const again = toRetry(workflow.byState);
  const isOpen = workflow.state === "running";
  const isEnding = isOpen && workflow.cancelRequestedAt !== null;
  const retry = async () => {
    if (await confirm({ title: `Run ${plural(again, "node")} again?`, action: "Run again", typed: again > 100 ? String(again) : undefined,
      text: "What failed, was cancelled or was skipped runs again, with fresh attempts. What succeeded stays as it is." }))
      await act("The failed part runs again", () => send("POST", `/workflows/${workflow.id}/retry`));
  };
  const cancel = async () => {
    const text = isEnding ? "Nodes that clean up after others are cancelled, too."
      : "What runs gets SIGTERM, then SIGKILL; what waits does not start. Nodes that clean up after others still run.";
    const reason = await confirmWhy({ title: isEnding ? "Cancel the clean-up, too?" : "Cancel this workflow?", text, action: isEnding ? "Cancel the clean-up" : "Cancel the workflow", danger: true });
    if (reason !== null)
      await act("Asked to end", () => send("POST", `/workflows/${workflow.id}/cancel`, undefined, reason));
  };
  return (
    <>
      {again > 0 && (workflow.state !== "succeeded" || !!workflow.byState.failed) && <Button kind={isOpen || workflow.state === "succeeded" ? undefined : "main"} icon="retry" disabled={!!submit || isEnding} title={submit ?? "Run again what failed, was cancelled or was skipped"} onClick={retry}>Retry the failed part</Button>}
      {isOpen && <Button kind="danger" disabled={!!submit} title={submit} onClick={cancel}>{isEnding ? "Cancel the clean-up" : "Cancel"}</Button>}
      {workflow.nodes <= mostDrawn && <a class="button" href={`/ui/new/workflow?from=${workflow.id}`}>Edit and run</a>}
    </>
  );
}

/** Which nodes made it fail, each with the way to its output. */
function Failed({ workflow }: { workflow: WorkflowData }) {
  const nodes = useResource<List<WorkflowNode>>(pathOf(`/workflows/${workflow.id}/nodes`, { state: "failed", limit: mostFailedNodes }), 30_000);
  const known = new Map(nodes.data?.items.map((node) => [node.name, node]));
  const more = (workflow.byState.failed ?? 0) - workflow.failedNodes.length;
  return (
    <div class="notice bad"><Icon name="failed" /><div class="grow"><b>{workflow.failedNodes.length === 1 ? "This node failed" : "These nodes failed"}</b>
      <p>{workflow.failedNodes.map((name, i) => {
        const node = known.get(name);
        return <>{i > 0 && ", "}{node ? <><a href={hrefOf(node)}>{name}</a> ({stateOf(node).replace("failed: ", "")})</> : name}</>;
      })}
        {more > 0 && workflow.failedNodes.length >= mostFailedNodes && <> and <a href="?tab=list&state=failed">others</a></>}</p>
      {workflow.failedNodes.slice(0, 3).map((name) => known.get(name)).filter((node) => node && !node.job).map((node) => <LastWords key={node!.task} node={node!} />)}</div></div>
  );
}

/** The last line that a failed node wrote. */
function LastWords({ node }: { node: WorkflowNode }) {
  const task = useResource<Task>(`/tasks/${node.task}`, 60_000).data;
  const last = task ? lastLineOf(task) : "";
  return last ? <p class="mono">{node.name}: <Text>{last}</Text></p> : null;
}

function Progress({ workflow }: { workflow: WorkflowData }) {
  return (
    <section class="panel"><header><h2>Nodes</h2><span class="soft">{progressOf(workflow)}</span></header><div class="body">
      <SharesBar of={workflow.byState} /><Shares of={workflow.byState} />
      {workflow.state === "running" && !workflow.byState.running && !workflow.byState.assigned && <Waiting workflow={workflow} />}
    </div></section>
  );
}

/** Why nothing of it runs: what holds the first node back that could run. */
function Waiting({ workflow }: { workflow: WorkflowData }) {
  const state = workflow.byState.queued ? "queued" : "scheduled";
  const nodes = useResource<List<WorkflowNode>>(pathOf(`/workflows/${workflow.id}/nodes`, { state, limit: 1 }), 5_000);
  const node = nodes.data?.items[0];
  const why = useResource<Why>(node ? `/tasks/${node.task}/why` : null, 3_000);
  if (!node || !why.data?.reasons.length)
    return null;
  return <p class="soft">Nothing runs now. <a href={`/ui/tasks/${node.task}`}>{node.name}</a> waits: <Text>{why.data.reasons.map((reason) => reason.detail).join(" ")}</Text></p>;
}

/** The nodes that took longest. */
function Slowest({ workflow }: { workflow: WorkflowData }) {
  tick.value;
  const tasks = useResource<List<Pick<Task, "id" | "workflow" | "state" | "startedAt" | "endedAt">>>(
    pathOf("/tasks", { workflow: workflow.id, sort: "-took", view: "row", limit: 5 }), 10_000);
  return <section class="panel"><header><h2>Slowest nodes</h2></header><Shown of={tasks} rows={3}>{({ items }) => {
    const ran = items.filter((task) => task.startedAt !== null);
    return ran.length === 0 ? <p class="soft body">No node has run yet.</p> : <div class="wide"><table><tbody>{ran.map((task) => (
      <tr key={task.id}><td><State name={task.state} /></td><td class="name"><a href={`/ui/tasks/${task.id}`}>{itemOf(task.workflow?.node ?? "", task.workflow?.item)}</a></td>
        <td class="num">{between(task.startedAt, task.endedAt, now())}</td></tr>))}</tbody></table></div>;
  }}</Shown></section>;
}
