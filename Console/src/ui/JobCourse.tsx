import type { ComponentChildren } from "preact";
import type { CellState, Job, JobChunk, JobStats, List } from "../api/types";
import { isFinal } from "../api/types";
import { cellWords, coverageWords, heldBackBy, placesOf, ratesOf, rounded } from "../format/job";
import { compact, count, plural } from "../format/numbers";
import { useResource } from "../store/resource";
import { Chart } from "./Chart";
import { Bar, Empty, Shown, State, Text } from "./parts";

const looks: { [state in CellState]: string } = { folded: "done", running: "now", queued: "soon", failed: "bad", dropped: "soft", unread: "" };
const cells = 400;

/** How fast items are done, over the last ten minutes or the job's last ones. */
function Rate({ job, period }: { job: Job; period: number }) {
  const { data } = useResource<{ points: { at: string; items: number }[] }>(`/jobs/${job.id}/history`, Math.max(period, 5_000));
  if (!data || data.points.length < 3)
    return null;
  const { from, step, values } = ratesOf(data.points);
  return values.length === 0 ? null : <section class="panel"><Chart title={job.state === "running" ? "Items a second, the last ten minutes" : "Items a second"} lines={[{ label: "items a second", colour: "running", values }]} from={from} step={step}
    show={(value) => compact(value < 10 ? Number(value.toFixed(1)) : Math.round(value))} /></section>;
}

/** How a job goes: what holds it back, its stages, the parts of its source that are done, and its slowest chunks. */
export function JobCourse({ job, stats, children }: { job: Job; stats: JobStats | null; children?: ComponentChildren }) {
  const period = isFinal(job.state) ? 60_000 : 2_000;
  const chunks = job.chunksQueued + job.chunksRunning + job.chunksDone;
  return (
    <>
      <section class="panel"><header><h2>All items</h2><span class="soft">{plural(chunks, "chunk")}: {count(job.chunksDone)} done, {count(job.chunksRunning)} running, {count(job.chunksQueued)} waiting</span></header><div class="body">
        <Covered job={job} period={period} />
        {stats && job.state === "running" && <p>{heldBackBy(job, stats)}</p>}
        {stats && <Stages of={stats} />}
      </div></section>
      <Rate job={job} period={period} />
      {children}
      <SlowChunks id={job.id} period={period} />
    </>
  );
}

/** The source from its first item to its last one, with the states of its parts. */
function Covered({ job, period }: { job: Job; period: number }) {
  const runs = useResource<[CellState, number][]>(`/jobs/${job.id}/coverage?cells=${cells}`, period);
  if (!runs.data || runs.data.length === 0)
    return null;
  const words = coverageWords(runs.data).join(", ");
  return <>
    <div class="stacked coverage" role="img" aria-label={`The source in its order: ${words}`}>
      {runs.data.map(([state, length], i) => <i key={i} class={looks[state]} title={cellWords[state]} style={{ flexGrow: length }} />)}</div>
    <p class="soft small">In the source's order: {words}</p>
  </>;
}

function Stages({ of }: { of: JobStats }) {
  const { chunkTook: took } = of;
  return <>
    {of.stages.length > 0 && <div class="wide"><table><thead><tr><th>Stage</th><th>Share</th><th class="num">Done</th><th class="num">A second</th></tr></thead><tbody>
      {of.stages.map((stage) => <tr key={stage.name}><td>{stage.name === "source" ? "Read from the source" : "Processed"}</td>
        <td style={{ width: "40%" }}>{stage.total !== null && <Bar value={stage.done} most={stage.total} label={`${stage.done} of ${stage.total} ${stage.unit}`} />}</td>
        <td class="num">{compact(stage.done)}{stage.total !== null && ` of ${compact(stage.total)}`} {stage.unit}</td><td class="num">{compact(Math.round(stage.perSecond))}</td></tr>)}</tbody></table></div>}
    {took.count > 0 && <p class="soft">Half of the chunks took up to {rounded(took.p50 ?? "")}, 95 % up to {rounded(took.p95 ?? "")}, the longest {rounded(took.max ?? "")}
      {of.skew > 1.005 && ` · skew of the nodes ${of.skew}`}</p>}
  </>;
}

/** The chunks that take or took longest. */
function SlowChunks({ id, period }: { id: string; period: number }) {
  const chunks = useResource<List<JobChunk>>(`/jobs/${id}/chunks?sort=-took&limit=10`, Math.max(period, 3_000));
  return <section class="panel"><header><h2>Slowest chunks</h2><span class="soft">the first 10</span></header><Shown of={chunks}>{(data) => data.items.length === 0 ? <Empty title="No chunk has been cut yet" /> : (
    <div class="wide"><table><thead><tr><th class="num">Chunk</th><th>State</th><th class="num">Took</th><th class="num">Place in the source</th><th class="num">Items</th><th>Node</th><th class="num">Attempt</th></tr></thead><tbody>{data.items.map((chunk) => (
      <tr key={chunk.no}><td class="num">{count(chunk.no)}</td><td><State name={chunk.state === "folded" ? "succeeded" : chunk.state} word={chunk.state === "folded" ? "done" : chunk.state} /></td>
        <td class="num">{rounded(chunk.took ?? "–")}</td><td class="num">{placesOf(chunk)}</td><td class="num">{count(chunk.items)}</td>
        <td><Text>{chunk.node}</Text>{chunk.secondRunOn && <> and <Text>{chunk.secondRunOn}</Text></>}</td><td class="num">{chunk.attempt || ""}</td></tr>))}</tbody></table></div>)}</Shown></section>;
}
