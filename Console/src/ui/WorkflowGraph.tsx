import { useMemo } from "preact/hooks";
import { now, pathOf } from "../api/client";
import type { List, Workflow, WorkflowNode } from "../api/types";
import { criticalPath, sourcesOf, wrongOf } from "../format/graph";
import { between, duration } from "../format/time";
import { hrefOf, mostDrawn, partsOf, wordsOf } from "../format/workflow";
import { place, setQuery } from "../router";
import { useResource } from "../store/resource";
import { type Drawn, Graph } from "./Graph";
import { NodePanel } from "./NodePanel";
import { WorkflowTimeline } from "./WorkflowTimeline";
import { Button, Icon, Shown } from "./parts";
import type { IconName } from "./icons";

/** The nodes of a workflow as a picture or over time, with how long each took and the chain that took longest; the chosen node is beside it. */
export function WorkflowGraph({ workflow, period, over }: { workflow: Workflow; period: number; over: "layers" | "time" }) {
  const nodes = useResource<List<WorkflowNode>>(pathOf(`/workflows/${workflow.id}/nodes`, { limit: mostDrawn }), period);
  const chosen = nodes.data?.items.find((node) => node.name === place.value.query.get("focus"));
  return <div class={chosen ? "with-panel" : undefined}>
    <section class="panel"><Shown of={nodes} rows={6}>{({ items }) => <Picture workflow={workflow} all={items} over={over} />}</Shown></section>
    {chosen && <NodePanel key={chosen.name} node={chosen} workflow={workflow} />}
  </div>;
}

function Picture({ workflow, all, over }: { workflow: Workflow; all: WorkflowNode[]; over: "layers" | "time" }) {
  const isOnlyWrong = place.value.query.get("only") === "failed";
  const nodes = useMemo(() => isOnlyWrong ? wrongOf(sourcesOf(all), all.map((node) => node.state)).map((i) => all[i]!) : all, [all, isOnlyWrong]);
  const chain = useMemo(() => {
    if (workflow.state === "running" || nodes.length < 2 || isOnlyWrong)
      return [];
    return criticalPath(sourcesOf(nodes), nodes.map((node) => (
      { from: parse(node.startedAt), to: node.startedAt ? parse(node.endedAt) : null })));
  }, [nodes, workflow.state, isOnlyWrong]);
  const hasWrong = all.some((node) => node.state === "failed" || node.state === "cancelled");
  const focus = place.value.query.get("focus");
  const filter = (hasWrong || isOnlyWrong) && <Button pressed={isOnlyWrong} title="What failed, what that kept from running, and what they waited for" onClick={() => setQuery({ only: isOnlyWrong ? null : "failed" })}>Failures only</Button>;
  if (over === "time")
    return <>{filter && <div class="graph-tools">{filter}</div>}
      <WorkflowTimeline workflow={workflow} nodes={nodes} focus={focus} critical={new Set(chain.map((i) => nodes[i]!.name))} /></>;
  const drawn = nodes.map((node): Drawn => {
    const took = node.endedAt ? between(node.startedAt, node.endedAt, now()) : "";
    return {
      name: node.name, after: node.after, look: node.state, sign: <Icon name={node.state as IconName} />, href: hrefOf(node), onClick: () => setQuery({ focus: node.name === focus ? null : node.name }),
      note: node.mayFail ? "may fail" : "", words: [wordsOf(node), took].filter(Boolean).join(" · "),
      since: node.startedAt && !node.endedAt && node.state === "running" ? node.startedAt : undefined, ...partsOf(node),
    };
  });
  return <><Graph nodes={drawn} focus={focus} critical={chain.length > 1 ? chain : undefined} tools={<><span class="grow" />{filter}</>} />
    <Legend nodes={nodes} chain={chain} took={chain.length > 1 ? lengthOf(nodes, chain) : ""} /></>;
}

const parse = (time: string | null | undefined): number | null => time ? Date.parse(time) : null;

// From the start of the chain's first node to the end of its last one.
function lengthOf(nodes: WorkflowNode[], chain: number[]): string {
  const from = parse(nodes[chain[0]!]!.startedAt);
  const to = parse(nodes[chain.at(-1)!]!.endedAt);
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
      {chain.length > 1 && <span class="chain">{sample("")}longest path: {took && `${took}, `}{chain.length} nodes</span>}
    </div>
  );
}
