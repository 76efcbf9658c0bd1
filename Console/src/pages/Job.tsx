import { useEffect, useState } from "preact/hooks";
import { now, pathOf, send } from "../api/client";
import { ExactNumber, jsonOf } from "../api/json";
import { lacks } from "../api/session";
import type { Job as JobRecord, JobFailure, JobSpec, JobStats, List } from "../api/types";
import { isFinal } from "../api/types";
import { plainly } from "../format/hostile";
import { collects, processWords, sourceWords } from "../format/job";
import { compact, count, plural } from "../format/numbers";
import { between, duration, tick } from "../format/time";
import { go } from "../router";
import { useResource } from "../store/resource";
import { confirmWhy } from "../ui/confirm";
import { Bar, Button, Copy, Empty, Facts, Head, Icon, Labels, Shown, State, Text, Time } from "../ui/parts";
import { JobCourse } from "../ui/JobCourse";
import { act } from "../ui/toast";

/** One data job: how far it is, what it has computed so far, and what went wrong. */
export default function Job({ id }: { id: string }) {
  // Once it has ended it is read seldom.
  const [period, setPeriod] = useState(1_500);
  const shown = useResource<JobRecord>(`/jobs/${encodeURIComponent(id)}`, period);
  const ended = shown.data !== null && isFinal(shown.data.state);
  useEffect(() => setPeriod(ended ? 30_000 : 1_500), [ended]);
  return <Shown of={shown} page="Job" back={["/ui/jobs", "Jobs"]}>{(job) => <Found job={job} />}</Shown>;
}

function Found({ job }: { job: JobRecord }) {
  tick.value;
  const submit = lacks("submit");
  // A job that has ended does not change any more.
  const stats = useResource<JobStats>(`/jobs/${job.id}/stats`, isFinal(job.state) ? 60_000 : 2_000).data;
  const spec = useResource<JobSpec>(`/jobs/${job.id}/spec`, 3_600_000).data;
  // One that cannot be read is empty.
  const known = spec?.source ? spec : null;
  const runAgain = async () => {
    const next = await act("Submitted again", () => send<JobRecord>("POST", "/jobs", known));
    if (next)
      go(`/ui/jobs/${next.id}`);
  };
  // Only an open stream has no length.
  const isOpenStream = !isFinal(job.state) && stats?.stages.some((stage) => stage.name === "source" && stage.total === null);
  const cancel = async () => {
    const reason = await confirmWhy({ title: "Cancel this job?", text: "Its aggregates stay as they are then: exact for the items that are done.", action: "Cancel the job", danger: true });
    if (reason !== null)
      await act("Job cancelled", () => send("POST", `/jobs/${job.id}/cancel`, undefined, reason));
  };
  return (
    <>
      <Head title={<Text>{job.name}</Text>} name={`${job.state}: ${plainly(job.name)}`} back={["/ui/jobs", "Jobs"]} actions={isFinal(job.state) ? known && <><Button icon="running" disabled={!!submit} title={submit ?? "Submits a new job of the same spec"} onClick={runAgain}>Run again</Button>
        <a class="button" href={`/ui/new/job?from=${job.id}`}>Edit and run</a></> : <>
        {isOpenStream && <Button disabled={!!submit} title={submit ?? "Says that no more items will come"} onClick={() => act("Closed: no more items will come", () => send("POST", `/jobs/${job.id}/close`))}>Close the source</Button>}
        <Button kind="danger" disabled={!!submit || job.cancelRequestedAt !== null} title={submit} onClick={cancel}>Cancel</Button></>}>
        <State name={job.state} word={job.state === "running" ? `running for ${between(job.startedAt, null, now())}` : `${job.state} after ${between(job.startedAt, job.endedAt, now())}`} />
        {job.cancelRequestedAt && !isFinal(job.state) && <> · asked to end <Time at={job.cancelRequestedAt} age /></>}
      </Head>
      {job.state === "failed" && <Cause job={job} />}
      <div class="figures">
        <div><b>{job.percent === null ? "–" : `${Math.floor(job.percent)} %`}</b><small>done</small></div>
        <div><b>{compact(job.itemsDone)}</b><small>items{job.itemsRead > job.itemsDone && ` of ${compact(job.itemsRead)} read`}</small></div>
        <div><b>{compact(Math.round(job.itemsPerSecond))}</b><small>items a second</small></div>
        <div><b>{job.state === "running" && job.etaSeconds !== null ? duration(job.etaSeconds * 1_000) : "–"}</b><small>left</small></div>
        <div><b>{compact(job.itemsFailed)}</b><small>failed{job.itemsSkipped > 0 && `, ${compact(job.itemsSkipped)} passed over`}</small></div>
      </div>
      <JobCourse job={job} stats={stats}>{(job.itemsFailed + job.itemsSkipped > 0 || job.state === "failed") && <Failures id={job.id} />}</JobCourse>
      <div class="grid">
        <section class="panel"><header><h2>Aggregates</h2><span class="soft">{job.complete ? "final" : `exact for ${plural(job.itemsDone, "item")}`}</span></header>
          {Object.keys(job.aggregate).length === 0 ? <Empty title="This job computes none" /> : <div class="body">{Object.entries(job.aggregate).map(([name, value]) =>
            <Aggregate key={name} name={name} value={value} estimate={job.approximate.includes(name)} />)}</div>}</section>
        <section class="panel"><header><h2>Nodes</h2></header>{job.perNode.length === 0 ? <Empty title="No node has taken a chunk yet" /> : (
          <div class="wide"><table><thead><tr><th>Node</th><th>Share</th><th class="num">Items</th><th class="num">Chunks</th></tr></thead><tbody>{job.perNode.map((node) => (
            <tr key={node.node}><td><a href={`/ui/nodes/${encodeURIComponent(node.node)}`}><Text>{node.node}</Text></a></td><td style={{ width: "40%" }}><Bar value={node.items} most={Math.max(1, job.itemsDone)} label={`${node.items} items`} /></td>
              <td class="num">{compact(node.items)}</td><td class="num">{count(node.chunks)}</td></tr>))}</tbody></table></div>)}</section>
      </div>
      <section class="panel"><div class="body"><Facts of={[["Id", <><code>{job.id}</code> <Copy text={job.id} label="Copy the id" /></>], ["Created", <Time at={job.createdAt} />],
        ["Workflow", job.workflow && <><a href={`/ui/workflows/${job.workflow.id}`}>{job.workflow.node}</a></>], ["Started", <Time at={job.startedAt} />], ["Ended", job.endedAt && <Time at={job.endedAt} />],
        ["Queue", <a href={`/ui/queues/${job.queue}`}>{job.queue}</a>], ["Labels", Object.keys(job.labels).length > 0 && <Labels of={job.labels} />],
        ["Items", known && <Text>{sourceWords(known)}</Text>], ["Each one", known && <code><Text>{processWords(known)}</Text></code>],
        ["Results", known && collects(known) && <a href={`/api/v1/jobs/${job.id}/results`} target="_blank" rel="noreferrer">Collected lines</a>]]} /></div></section>
    </>
  );
}

/** Why a job failed, with the first of its failures. */
function Cause({ job }: { job: JobRecord }) {
  const first = useResource<List<JobFailure>>(pathOf(`/jobs/${job.id}/failures`, { limit: 50 }), 60_000).data?.items[0];
  const reason = (job.reason ?? "failed").replaceAll("-", " ");
  return <div class="notice bad"><Icon name="failed" /><div class="grow"><b>{reason[0]!.toUpperCase() + reason.slice(1)}</b>
    {first && <p>{first.item === null ? `Chunk ${count(first.chunk)}` : `Item ${count(first.item)}`}: <Text>{first.message}</Text></p>}</div></div>;
}

/** An outcome: a number large, groups and top lists as a table, all else as JSON. */
function Aggregate({ name, value, estimate }: { name: string; value: unknown; estimate: boolean }) {
  const rows = rowsOf(value);
  return (
    <div style={{ marginBottom: "12px" }}><div class="soft small"><Text>{name}</Text>{estimate && " (an estimate)"}</div>
      {rows ? <div class="wide"><table><tbody>{rows.slice(0, 50).map(([key, held], i) => <tr key={i}><td class="name mono"><Text>{key}</Text></td><td class="num mono"><Text>{held}</Text></td></tr>)}</tbody></table></div>
        : <div class="value"><Text>{textOf(value)}</Text></div>}
      {rows && rows.length > 50 && <p class="soft small">{plural(rows.length - 50, "more row")}: <code>otask job get ID</code></p>}</div>
  );
}

function rowsOf(value: unknown): [string, string][] | null {
  if (value instanceof ExactNumber)
    return null;
  if (Array.isArray(value) && value.every((row) => typeof row === "object" && row !== null && !(row instanceof ExactNumber)))
    return value.map((row: Record<string, unknown>) => [textOf(row.value ?? row.key ?? row.item ?? Object.values(row)[0]), textOf(row.count ?? row.sum ?? Object.values(row)[1])]);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value).map(([key, held]) => [key, textOf(held)]) : null;
}

const textOf = (value: unknown): string => typeof value === "number" ? count(value) : typeof value === "string" ? value : jsonOf(value);

function Failures({ id }: { id: string }) {
  const failures = useResource<List<JobFailure>>(pathOf(`/jobs/${id}/failures`, { limit: 50 }), 10_000);
  return <section class="panel"><header><h2>Failures</h2><span class="soft">the first 50</span></header><Shown of={failures}>{(data) => data.items.length === 0 ? <Empty title="None are recorded" /> : (
    <div class="wide"><table><thead><tr><th class="num">Chunk</th><th class="num">Item</th><th>Reason</th><th>Message</th><th>Value</th><th>Node</th></tr></thead><tbody>{data.items.map((failure, i) => (
      <tr key={i}><td class="num">{failure.chunk}</td><td class="num">{failure.item ?? ""}</td><td>{failure.reason}</td><td class="name"><Text>{failure.message}</Text></td>
        <td><code><Text>{(failure.value ?? "").slice(0, 60)}</Text></code></td><td><Text>{failure.node}</Text></td></tr>))}</tbody></table></div>)}</Shown></section>;
}
