import { useMemo } from "preact/hooks";
import { now, pathOf } from "../api/client";
import type { List, Task, Workflow, WorkflowNode } from "../api/types";
import { criticalPath, sourcesOf } from "../format/graph";
import { between, duration, tick } from "../format/time";
import { hrefOf, itemCountOf, mostDrawn, startOfJob, stateOf } from "../format/workflow";
import { place } from "../router";
import { useResource } from "../store/resource";
import { type Drawn, Graph } from "./Graph";
import { Icon, Shown } from "./parts";
import type { IconName } from "./icons";

type Times = Pick<Task, "id" | "startedAt" | "endedAt">;

/** The nodes of a workflow as a picture, with how long each took and the chain that took longest. */
export function WorkflowGraph({ workflow, period }: { workflow: Workflow; period: number }) {
  const nodes = useResource<List<WorkflowNode>>(pathOf(`/workflows/${workflow.id}/nodes`, { limit: mostDrawn }), period);
  return <section class="panel"><Shown of={nodes} rows={6}>{({ items }) => <Picture workflow={workflow} nodes={items} period={period} />}</Shown></section>;
}

function Picture({ workflow, nodes, period }: { workflow: Workflow; nodes: WorkflowNode[]; period: number }) {
  const tasks = useResource<List<Times>>(pathOf("/tasks", { workflow: workflow.id, view: "row", limit: mostDrawn }), period + 1_000);
  const times = useMemo(() => timesOf(nodes, tasks.data?.items ?? []), [nodes, tasks.data]);
  if (workflow.state === "running")
    tick.value;
  const chain = useMemo(() => {
    if (workflow.state === "running" || nodes.length < 2)
      return [];
    return criticalPath(sourcesOf(nodes), nodes.map((node) => {
      const time = times.get(node.task);
      return { from: parse(time?.startedAt), to: time?.startedAt ? parse(time.endedAt) : null };
    }));
  }, [nodes, times, workflow.state]);
  const drawn = nodes.map((node): Drawn => {
    const time = times.get(node.task);
    const took = time ? between(time.startedAt, time.endedAt, now()) : "";
    return {
      name: node.name, after: node.after, look: node.state, sign: <Icon name={node.state as IconName} />, href: hrefOf(node),
      note: node.mayFail ? "may fail" : "", words: [stateOf(node), itemCountOf(node), took].filter(Boolean).join(" · "),
    };
  });
  return <><Graph nodes={drawn} focus={place.value.query.get("focus")} critical={chain.length > 1 ? chain : undefined} />
    <Legend nodes={nodes} chain={chain} took={chain.length > 1 ? lengthOf(nodes, chain, times) : ""} /></>;
}

// The own task of a node with a job has no start: it is that of its job.
function timesOf(nodes: WorkflowNode[], tasks: Times[]): Map<string, Times> {
  const times = new Map(tasks.map((task) => [task.id, task]));
  for (const { task, job } of nodes) {
    const own = times.get(task);
    if (job && own)
      times.set(task, { ...own, startedAt: startOfJob(job) });
  }
  return times;
}

const parse = (time: string | null | undefined): number | null => time ? Date.parse(time) : null;

// From the start of the chain's first node to the end of its last one.
function lengthOf(nodes: WorkflowNode[], chain: number[], times: Map<string, Times>): string {
  const from = parse(times.get(nodes[chain[0]!]!.task)?.startedAt);
  const to = parse(times.get(nodes[chain.at(-1)!]!.task)?.endedAt);
  return from === null || to === null ? "" : duration(to - from);
}

function Legend({ nodes, chain, took }: { nodes: WorkflowNode[]; chain: number[]; took: string }) {
  const has = (on: string) => nodes.some((node) => node.after.some((edge) => edge.on === on));
  if (!has("failed") && !has("ended") && chain.length < 2)
    return null;
  const sample = (dash: string) => <svg viewBox="0 0 28 4" width="28" height="4" aria-hidden="true"><path d="M0 2H28" stroke-dasharray={dash} /></svg>;
  return (
    <div class="graph-legend">
      {(has("failed") || has("ended")) && has("succeeded") && <span>{sample("")}if it succeeds</span>}
      {has("failed") && <span>{sample("6 4")}if it fails</span>}
      {has("ended") && <span>{sample("2 3")}however it ends</span>}
      {chain.length > 1 && <span class="chain">{sample("")}what took longest: {took && `${took}, `}{chain.length} nodes</span>}
    </div>
  );
}
