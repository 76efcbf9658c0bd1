import { useEffect, useMemo } from "preact/hooks";
import { get, pathOf, send } from "../api/client";
import { lacks } from "../api/session";
import type { List, Workflow, WorkflowNode } from "../api/types";
import { states } from "../api/types";
import { bandsOf, layersOf, sourcesOf } from "../format/graph";
import { compact, count, plural } from "../format/numbers";
import { hrefOf, itemsOf, sharesOf, stateOf, waitsFor } from "../format/workflow";
import { place, setQuery } from "../router";
import { moreSize, usePages } from "../store/pages";
import { type Known, resourceOf } from "../store/resource";
import { More } from "./More";
import { Button, Empty, Shown, State } from "./parts";
import { SharesBar } from "./Shares";
import { act } from "./toast";

const pageSize = 100;
const mostRows = 25;

/** The nodes of a workflow as a table, by state, in pages. */
export function NodeList({ workflow, period }: { workflow: Workflow; period: number }) {
  const state = place.value.query.get("state") ?? "";
  const pages = usePages<WorkflowNode>(
    `/workflows/${workflow.id}/nodes`, { state, limit: pageSize }, period, (node) => node.name);
  const { first, items } = pages;
  return (
    <>
      <div class="chips" role="group" aria-label="State of the nodes">
        <button type="button" class="pick" aria-pressed={!state} onClick={() => setQuery({ state: null })}>All <b>{compact(workflow.nodes)}</b></button>
        {states.filter((name) => workflow.byState[name] || name === state).map((name) => (
          <button type="button" class="pick" key={name} aria-pressed={state === name} onClick={() => setQuery({ state: state === name ? null : name })}>
            <State name={name} /><b>{compact(workflow.byState[name] ?? 0)}</b></button>))}
      </div>
      <section class="panel">
        <Shown of={first}>{() => items.length === 0
          ? <Empty title="No node is in this state"><Button onClick={() => setQuery({ state: null })}>Show all nodes</Button></Empty>
          : <Rows nodes={items} workflow={workflow} />}</Shown>
        <More of={pages} count={moreSize} />
      </section>
    </>
  );
}

function Rows({ nodes, workflow }: { nodes: WorkflowNode[]; workflow: Workflow }) {
  const submit = lacks("submit");
  const isOpen = workflow.state === "running" && workflow.cancelRequestedAt === null;
  const retry = (node: WorkflowNode) => act(`${node.name} runs again`, () => send("POST", `/tasks/${node.task}/retry`));
  return <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Node</th><th>Waits for</th><th /></tr></thead>
    <tbody>{nodes.map((node) => (
      <tr key={node.name}><td><State name={node.state} word={stateOf(node)} />{node.mayFail && <span class="soft"> · may fail</span>}
        {node.elements && <span class="soft"> · {node.detail ?? itemsOf(node)}</span>}</td>
        <td class="name"><a href={hrefOf(node)}>{node.name}</a>{node.job !== undefined && <span class="soft"> · job</span>}</td>
        <td class="waits soft" data-label="after" title={waitsFor(node.after, 50)}>{waitsFor(node.after)}</td>
        <td class="right">{isOpen && (node.state === "failed" || node.state === "cancelled")
          && <Button icon="retry" disabled={!!submit} title={submit ?? "This node runs again; those that wait for it wait again"} onClick={() => retry(node)}>Retry</Button>}</td></tr>))}
    </tbody></table></div>;
}

/** The nodes of a large workflow by layer and state. */
export function NodeLayers({ workflow }: { workflow: Workflow }) {
  const nodes = useAllNodes(workflow.id, workflow.state === "running" ? 20_000 : 120_000);
  return <section class="panel"><header><h2>Nodes by layer</h2><span class="soft">A layer waits for nodes of the layers above it</span></header>
    <Shown of={nodes} rows={8}>{(items) => <Layers nodes={items} />}</Shown></section>;
}

function Layers({ nodes }: { nodes: WorkflowNode[] }) {
  const bands = useMemo(() => bandsOf(layersOf(sourcesOf(nodes)) ?? [], nodes.map((node) => node.state), mostRows), [nodes]);
  const used = sharesOf(Object.fromEntries(nodes.map((node) => [node.state, 1]))).map(({ name }) => name);
  return <div class="wide"><table data-rows><thead><tr><th>Layer</th><th class="num">Nodes</th><th>Shares</th>{used.map((state) => <th class="num" key={state}><State name={state} /></th>)}</tr></thead>
    <tbody>{bands.map((band) => (
      <tr key={band.from}><td>{band.from === band.to ? band.from + 1 : `${count(band.from + 1)} to ${count(band.to + 1)}`}</td><td class="num">{count(band.nodes)}</td><td class="shares"><SharesBar of={band.byState} /></td>
        {used.map((state) => <td class="num" key={state}>{band.byState[state] ? count(band.byState[state]) : ""}</td>)}</tr>))}</tbody>
    <tfoot><tr><td>all</td><td class="num">{count(nodes.length)}</td><td />{used.map((state) => (
      <td class="num" key={state}><a href={`?tab=list&state=${state}`} aria-label={`${plural(nodes.filter((node) => node.state === state).length, "node")} ${state}: list`}>
        {count(nodes.filter((node) => node.state === state).length)}</a></td>))}</tr></tfoot></table></div>;
}

/** All nodes of a workflow, read page by page; not again with each event, since they may be ten thousand. */
function useAllNodes(id: string, period: number): Known<WorkflowNode[]> & { reload: () => void } {
  const resource = resourceOf<WorkflowNode[]>(`all nodes of ${id}`, async (_, signal) => {
    const nodes: WorkflowNode[] = [];
    let cursor: string | null = null;
    do {
      const page: List<WorkflowNode> = await get<List<WorkflowNode>>(pathOf(`/workflows/${id}/nodes`, { limit: 1_000, cursor }), signal);
      nodes.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    return nodes;
  });
  useEffect(() => resource.show(period), [resource, period]);
  return { ...resource.state.value, reload: () => void resource.reload() };
}
