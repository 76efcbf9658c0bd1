import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { change, now, pathOf, send, undoOf } from "../api/client";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { List, Node, Queue, State, Summary, Task } from "../api/types";
import { isFinal, states } from "../api/types";
import { filtersOf, parseFilters, queryOf, setFilters } from "../format/filters";
import { bulkWords, nodesLeftOut, nothingToDo, requireChange } from "../format/bulk";
import { compact, count, plural } from "../format/numbers";
import { given, type View, viewsOf, withView } from "../format/views";
import { place, setQuery } from "../router";
import { remembered } from "../store/remembered";
import { moreSize, usePages } from "../store/pages";
import { useResource } from "../store/resource";
import { FilterBox, suggestionsOf } from "../ui/FilterBox";
import { Menu } from "../ui/Menu";
import { ColumnMenu, TaskTable } from "../ui/TaskTable";
import { confirmWhy } from "../ui/confirm";
import { copyText } from "../ui/copy";
import { More } from "../ui/More";
import { Button, Empty, Head, NewLink, Shown, State as StateView, Text } from "../ui/parts";
import { act, say } from "../ui/toast";

const pageSize = 50;

/** What a bulk call would do. */
interface Preview { matched: number; wouldChange: number; workflowNodes?: number }

/** The list of tasks: filters in the address, counts by state, paging, and actions on what is selected or on all that match. */
export default function Tasks() {
  const query = place.value.query.toString();
  const filters = useMemo(() => filtersOf(new URLSearchParams(query)), [query]);
  // Relative times are fixed while the page shows one list, so that its address and its polls ask for the same.
  const asked = useMemo(() => queryOf(filters, now()), [filters]);
  const sort = useMemo(() => new URLSearchParams(query).get("sort") ?? "", [query]);
  const pages = usePages<Task>("/tasks", { ...asked, sort, limit: pageSize }, 15_000, (task) => task.id);
  const { first, items } = pages;
  const summary = useResource<Summary>(pathOf("/tasks/summary", { ...asked, state: undefined }), 30_000);
  const selected = useSignal<ReadonlySet<string>>(new Set());
  useEffect(() => { selected.value = new Set(); }, [query]);
  const select = (ids: string[], on: boolean) => {
    const next = new Set(selected.value);
    ids.forEach((id) => on ? next.add(id) : next.delete(id));
    selected.value = next;
  };
  const byState = summary.data?.byState ?? {};
  const total = !filters.state ? summary.data?.total : Object.hasOwn(byState, filters.state) ? byState[filters.state as State] : 0;
  return (
    <>
      <Head title="Tasks" actions={<NewLink href="/ui/new/task" scopes={["submit"]}>New task</NewLink>}>
        {summary.data && plural(total ?? 0, "task matches", "tasks match")}</Head>
      <div class="chips" role="group" aria-label="State">
        <button type="button" class="pick" aria-pressed={!filters.state} onClick={() => setQuery({ state: null })}>All <b>{compact(summary.data?.total ?? 0)}</b></button>
        {states.map((state) => (
          <button type="button" key={state} class="pick" aria-pressed={filters.state === state}
            onClick={() => setQuery({ state: filters.state === state ? null : state })}><StateView name={state} /><b>{compact(summary.data?.byState[state] ?? 0)}</b></button>
        ))}
      </div>
      <Filters filters={filters} sort={sort} tasks={items} summary={summary.data} />
      <section class="panel">
        <Actions ids={[...selected.value]} tasks={items} clear={() => selected.value = new Set()} total={total ?? 0} query={asked} filtered={setFilters(filters).length > 0} state={filters.state} byState={byState} />
        <Shown of={{ ...first, data: first.data && items }} rows={8}>{(tasks) => tasks.length === 0
          ? setFilters(filters).length > 0
            ? <Empty title="No task matches"><Button onClick={() => setQuery(Object.fromEntries(setFilters(filters).map(({ name }) => [name, null])))}>Clear the filters</Button></Empty>
            : <Empty title="No task yet"><a class="button main" href="/ui/new/task?cmd=echo+hello">Try echo hello…</a></Empty>
          : <TaskTable tasks={tasks} selected={selected.value} select={select} />}</Shown>
        <More of={pages} count={moreSize} />
      </section>
    </>
  );
}

const orders: [string, string][] = [["", "Newest first"], ["-ended", "Ended last first"], ["-took", "Longest first"], ["-memory", "Most memory first"]];

const times: [string, string][] = [["", "Any time"], ["-15m", "Last 15 minutes"], ["-1h", "Last hour"], ["-6h", "Last 6 hours"], ["-1d", "Last day"], ["-7d", "Last 7 days"]];
const reasons = ["exit", "signal", "timeout", "cancelled", "spawn-failed", "node-lost", "out-of-memory", "cpu-time", "expired", "skipped", "bad-result", "job-failed", "artifact-missing", "artifact-too-large", "file-unavailable", "image-unavailable", "replaced"];

function Filters({ filters, sort, tasks, summary }: { filters: ReturnType<typeof filtersOf>; sort: string; tasks: Task[]; summary: Summary | null }) {
  const queues = useResource<List<Queue>>("/queues", 60_000).data?.items ?? [];
  const nodes = useResource<List<Node>>("/nodes", 60_000).data?.items ?? [];
  const known = useMemo(() => {
    return {
      ...suggestionsOf(tasks.flatMap((task) => Object.entries(task.labels))), state: states.map((name) => ({ text: name })), queue: queues.map((queue) => ({ text: queue.name, detail: `${compact(queue.depth)} queued` })), node: nodes.map((node) => ({ text: node.id, detail: node.state })),
      exitCode: Object.entries(summary?.byExitCode ?? {}).map(([code, held]) => ({ text: code, detail: plural(held, "task") })), reason: reasons.map((text) => ({ text })),
      longerThan: ["1m", "10m", "1h", "1d"].map((text) => ({ text })), quarantined: [{ text: "true" }], name: [], definition: [], batch: [], workflow: [], fingerprint: [],
    };
  }, [tasks, queues, nodes, summary]);
  const apply = (text: string) => {
    const found = parseFilters(text, filters.label);
    if (found)
      setQuery(found);
    return found !== null;
  };
  const remove = (name: string, value: string) =>
    setQuery({ [name]: name === "label" ? filters.label.filter((label) => label !== value) : null });
  return (
    <div class="chips">
      <FilterBox apply={apply} filters={known} placeholder="Name or command, exitCode=1 queue=etl team=a" />
      {setFilters(filters).filter(({ name }) => name !== "state" && name !== "from").map(({ name, value }) => (
        <span class="chip" key={name + value}><Text>{name === "label" ? value : name === "q" ? `“${value}”` : `${name}: ${value}`}</Text>
          <Button kind="bare" icon="close" label={`Remove ${name}`} onClick={() => remove(name, value)} /></span>
      ))}
      <select aria-label="Created" value={filters.from} onChange={(event) => setQuery({ from: event.currentTarget.value })}>
        {times.map(([value, title]) => <option key={value} value={value}>{title}</option>)}
        {filters.from && !times.some(([value]) => value === filters.from) && <option value={filters.from}>{filters.from}</option>}
      </select>
      <select aria-label="Order" value={sort} onChange={(event) => setQuery({ sort: event.currentTarget.value })}>
        {orders.map(([value, title]) => <option key={value} value={value}>{title}</option>)}
      </select>
      <Views />
      <ColumnMenu />
    </div>
  );
}

// What this browser has saved.
const saved = remembered<string>("otask.views", "[]");

/** Lists by name: those that everybody has, and those that this browser has saved. */
function Views() {
  const own = viewsOf(saved.value);
  const [name, setName] = useState("");
  const query = place.value.query.toString();
  const keep = (event: Event) => {
    event.preventDefault();
    if (!name.trim())
      return;
    saved.value = JSON.stringify(withView(own, { name: name.trim(), query }));
    say(`View “${name.trim()}” saved in this browser`);
    setName("");
  };
  const link = (view: View) => <a href={`/ui/tasks?${view.query}`} aria-current={view.query === query ? "true" : undefined}><Text>{view.name}</Text></a>;
  return <Menu title="Views">
    {given.map((view) => <div key={view.name}>{link(view)}</div>)}
    {own.length > 0 && <hr />}
    {own.map((view) => <div key={view.name}>{link(view)}<Button kind="bare" icon="close" label={`Delete the view ${view.name}`} onClick={() => saved.value = JSON.stringify(own.filter((one) => one.name !== view.name))} /></div>)}
    <hr />
    {query === "" ? <p class="soft small">Filter the list to save it as a view.</p>
      : <form onSubmit={keep}><input aria-label="Name of the view" placeholder="Save this list as" value={name} maxLength={60} onInput={(event) => setName(event.currentTarget.value)} /><Button type="submit" disabled={!name.trim()}>Save</Button></form>}
  </Menu>;
}

function Actions({ ids, tasks, clear, total, query, filtered, state, byState }: {
  ids: string[]; tasks: Task[]; clear: () => void; total: number; query: ReturnType<typeof queryOf>; filtered: boolean; state: string; byState: Summary["byState"];
}) {
  const each = async (verb: "retry" | "cancel", ids: string[]) => {
    const reason = verb === "retry" ? "" : await confirmWhy({ title: `Cancel ${plural(ids.length, "task")}?`, action: "Cancel them", danger: true,
      text: "Running commands get SIGTERM, then SIGKILL. Tasks that have ended stay as they are." });
    if (reason === null)
      return;
    const answers = await Promise.allSettled(ids.map((id) => change(`/tasks/${id}/${verb}`, reason)));
    const undos = answers.flatMap((answer) => (answer.status === "fulfilled" && undoOf(answer.value)) || []);
    const refused = answers.flatMap((answer) => answer.status === "rejected" ? [answer.reason as unknown] : []);
    await act(bulkWords(verb, ids.length - refused.length, ids.length, Problem.from(refused[0])?.message), async () => {
      if (refused.length === ids.length)
        throw refused[0];
    }, undos.length > 0 ? () => Promise.all(undos.map((undo) => undo())) : undefined);
    clear();
  };
  // Counted by the gateway first; if more would change by the time somebody has confirmed, nothing does.
  const all = async (verb: "retry" | "cancel") => {
    let tried: Preview;
    try {
      tried = await send<Preview>("POST", pathOf(`/tasks/${verb}`, { ...query, dryRun: true }));
    } catch (thrown) {
      const problem = Problem.from(thrown);
      if (problem)
        say(`${problem.title}: ${problem.message}`, undefined, true);
      return;
    }
    if (tried.wouldChange === 0) {
      say(nothingToDo(verb, tried), undefined, true);
      return;
    }
    const reason = await confirmWhy({
      title: `${verb === "retry" ? "Retry" : "Cancel"} ${plural(tried.wouldChange, "task")}?`, action: verb === "retry" ? "Retry them" : "Cancel them",
      danger: verb === "cancel", typed: tried.wouldChange > 100 ? String(tried.wouldChange) : undefined,
      text: `${count(tried.matched)} match the filters. ${verb === "retry" ? `Failed and cancelled ones are queued again. ${nodesLeftOut}` : "Those that have not ended are cancelled; running commands get SIGTERM."}`,
    });
    if (reason !== null)
      await act(({ answer }) => bulkWords(verb, answer.changed, tried.wouldChange),
        () => change<{ changed: number }>(pathOf(`/tasks/${verb}`, { ...query, expect: tried.wouldChange }), reason).then(requireChange(verb)), undefined, undoOf);
  };
  const copy = async () => {
    const isCopied = await copyText(ids.join("\n"));
    say(isCopied ? `${plural(ids.length, "id")} copied` : "The browser does not allow this page to copy", undefined, !isCopied);
  };
  const chosen = tasks.filter((task) => ids.includes(task.id));
  const canRetry = chosen.filter((task) => (task.state === "failed" || task.state === "cancelled") && !task.hadSecrets).map((task) => task.id);
  const canCancel = chosen.filter((task) => !isFinal(task.state)).map((task) => task.id);
  const label = (verb: string, of: string[]) => of.length === ids.length ? verb : `${verb} ${count(of.length)} of them`;
  if (ids.length > 0)
    return <header><h2>{count(ids.length)} selected</h2>
      {canRetry.length > 0 && <Button icon="retry" disabled={!!lacks("submit")} title={lacks("submit")} onClick={() => each("retry", canRetry)}>{label("Retry", canRetry)}</Button>}
      {canCancel.length > 0 && <Button kind="danger" disabled={!!lacks("submit")} title={lacks("submit")} onClick={() => each("cancel", canCancel)}>{label("Cancel", canCancel)}</Button>}<Button icon="copy" onClick={copy}>Copy ids</Button><Button kind="bare" icon="close" label="Clear the selection" onClick={clear} /></header>;
  if (!filtered || total === 0)
    return null;
  const operate = lacks("operate");
  const held = (name: State) => state === "" || state === name ? byState[name] ?? 0 : 0;
  return <header><h2 class="soft">{plural(total, "task")}</h2>
    {held("failed") + held("cancelled") > 0 && <Button icon="retry" disabled={!!operate} title={operate} onClick={() => all("retry")}>Retry all that match</Button>}
    {states.some((name) => !isFinal(name) && held(name) > 0) && <Button disabled={!!operate} title={operate} onClick={() => all("cancel")}>Cancel all that match</Button>}</header>;
}
