import { useMemo } from "preact/hooks";
import { now } from "../api/client";
import { lacks } from "../api/session";
import type { List, Queue, Workflow } from "../api/types";
import { parseFilters } from "../format/filters";
import { compact } from "../format/numbers";
import { absolute, between, tick } from "../format/time";
import { progressOf } from "../format/workflow";
import { place, setQuery } from "../router";
import { moreSize, usePages } from "../store/pages";
import { useResource } from "../store/resource";
import { FilterBox, suggestionsOf } from "../ui/FilterBox";
import { More } from "../ui/More";
import { Button, Empty, Head, Labels, NewLink, Shown, State, Text, Time } from "../ui/parts";
import { Shares, SharesBar } from "../ui/Shares";

const states = ["running", "succeeded", "failed", "cancelled"];
const filters = ["queue", "name"] as const;
const isFilter = (name: string) => name === "label" || name === "state" || (filters as readonly string[]).includes(name);
const times: [string, string][] = [["", "Any time"], ["-1h", "Last hour"], ["-6h", "Last 6 hours"], ["-1d", "Last day"], ["-7d", "Last 7 days"]];
const pageSize = 25;

/** Workflows, newest first: filters in the address, counts of nodes by state, paging. */
export default function Workflows() {
  const text = place.value.query.toString();
  const query = useMemo(() => new URLSearchParams(text), [text]);
  // A relative time is fixed while the page shows one list.
  const asked = useMemo(() => ({
    state: query.get("state"), queue: query.get("queue"), name: query.get("name"), label: query.getAll("label"),
    createdAfter: query.get("from") && absolute(query.get("from")!, now()), limit: pageSize,
  }), [query]);
  const pages = usePages<Workflow>("/workflows", asked, 5_000, (workflow) => workflow.id);
  const { first, items } = pages;
  const state = query.get("state") ?? "";
  const isFiltered = ["state", "queue", "name", "label", "from"].some((name) => query.has(name));
  const submit = lacks("submit");
  const clear = () => setQuery({ state: null, queue: null, name: null, label: null, from: null });
  return (
    <>
      <Head title="Workflows" actions={<NewLink href="/ui/new/workflow" scopes={["submit"]}>New workflow</NewLink>}>Tasks that wait for each other.</Head>
      <div class="chips" role="group" aria-label="State">
        <button type="button" class="pick" aria-pressed={!state} onClick={() => setQuery({ state: null })}>All</button>
        {states.map((name) => <button type="button" class="pick" key={name} aria-pressed={state === name}
          onClick={() => setQuery({ state: state === name ? null : name })}><State name={name} /></button>)}
      </div>
      <Filters query={query} workflows={items} />
      <section class="panel">
        <Shown of={first}>{() => items.length === 0
          ? isFiltered ? <Empty title="No workflow matches"><Button onClick={clear}>Clear the filters</Button></Empty>
            : <Empty title="No workflow yet"><p>A workflow is a set of tasks that wait for each other.</p>
              <p>{submit ? submit : <a class="button main" href="/ui/new/workflow">Start from an example</a>}</p></Empty>
          : <Table workflows={items} />}</Shown>
        <More of={pages} count={moreSize} />
      </section>
    </>
  );
}

function Filters({ query, workflows }: { query: URLSearchParams; workflows: Workflow[] }) {
  const labels = query.getAll("label");
  const from = query.get("from") ?? "";
  const queues = useResource<List<Queue>>("/queues", 60_000).data?.items ?? [];
  const known = useMemo(() => {
    const found = workflows.flatMap((workflow): [string, string][] => [["name", workflow.name], ...Object.entries(workflow.labels)]);
    return { ...suggestionsOf(found), state: states.map((text) => ({ text })), queue: queues.map(({ name }) => ({ text: name })) };
  }, [workflows, queues]);
  const apply = (text: string) => {
    const { q, ...found } = parseFilters(text, labels) ?? {};
    const taken = Object.entries({ ...found, ...q && { name: q } }).filter(([name]) => isFilter(name));
    if (taken.length > 0)
      setQuery(Object.fromEntries(taken));
    return taken.length > 0;
  };
  return (
    <div class="chips">
      <FilterBox apply={apply} filters={known} placeholder="The whole name, team=a, queue=etl" />
      {filters.filter((name) => query.get(name)).map((name) => (
        <span class="chip" key={name}><Text>{`${name}: ${query.get(name)}`}</Text><Button kind="bare" icon="close" label={`Remove ${name}`} onClick={() => setQuery({ [name]: null })} /></span>))}
      {labels.map((label) => (
        <span class="chip" key={label}><Text>{label}</Text><Button kind="bare" icon="close" label={`Remove ${label}`} onClick={() => setQuery({ label: labels.filter((other) => other !== label) })} /></span>))}
      <select aria-label="Created" value={from} onChange={(event) => setQuery({ from: event.currentTarget.value })}>
        {times.map(([value, title]) => <option key={value} value={value}>{title}</option>)}
        {from && !times.some(([value]) => value === from) && <option value={from}>{from}</option>}
      </select>
    </div>
  );
}

function Table({ workflows }: { workflows: Workflow[] }) {
  tick.value;
  return <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Workflow</th><th>Progress</th><th>Nodes</th><th class="if-wide">Queue</th><th>Created</th><th class="num">Took</th></tr></thead>
    <tbody>{workflows.map((workflow) => (
      <tr key={workflow.id}><td><State name={workflow.state} /></td>
        <td class="name roomy"><a href={`/ui/workflows/${workflow.id}`}><Text>{workflow.name}</Text></a>{workflow.run > 1 && <span class="soft"> run {workflow.run}</span>} <Labels of={workflow.labels} /></td>
        <td><span class="progress"><SharesBar of={workflow.byState} /> <span class="small soft" title={progressOf(workflow)}>{compact(workflow.ended)} of {compact(workflow.nodes)} ended</span></span></td>
        <td><Shares of={workflow.byState} brief /></td><td class="if-wide"><Text>{workflow.queue}</Text></td><td><Time at={workflow.createdAt} age /></td>
        <td class="num" title={workflow.run > 1 ? "Since the start of the first run, including the time between runs" : undefined}>{between(workflow.startedAt, workflow.endedAt, now())}</td></tr>))}
    </tbody></table></div>;
}
