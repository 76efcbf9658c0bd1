import type { Job } from "../api/types";
import { compact } from "../format/numbers";
import { place, setQuery } from "../router";
import { usePages } from "../store/pages";
import { More } from "../ui/More";
import { Bar, Button, Copy, Empty, Head, NewLink, Shown, State, Text, Time } from "../ui/parts";

const states = ["running", "succeeded", "failed", "cancelled"];
const example = "otask job run --range 0:1000000 --builtin square --aggregate total=sum";

/** Data jobs, newest first. */
export default function Jobs() {
  const state = place.value.query.get("state") ?? "";
  const pages = usePages<Job>("/jobs", { state, limit: 50 }, 3_000, (job) => job.id);
  const { first, items } = pages;
  return (
    <>
      <Head title="Jobs" actions={<NewLink href="/ui/new/job" scopes={["submit"]}>New job</NewLink>}>Items in chunks over all workers, each counted exactly once.</Head>
      <div class="chips" role="group" aria-label="State">
        <button type="button" class="pick" aria-pressed={!state} onClick={() => setQuery({ state: null })}>All</button>
        {states.map((name) => <button type="button" class="pick" key={name} aria-pressed={state === name}
          onClick={() => setQuery({ state: state === name ? null : name })}><State name={name} /></button>)}
      </div>
      <section class="panel">
        <Shown of={first}>{() => items.length === 0
          ? state ? <Empty title="No job is in this state"><Button onClick={() => setQuery({ state: null })}>Show all jobs</Button></Empty>
            : <Empty title="No job yet"><p>This one sums the squares of a million numbers:</p><pre>{example}</pre><Copy text={example} /><p><a class="button main" href="/ui/new/job">Make one here</a></p></Empty>
          : <Table jobs={items} />}</Shown>
        <More of={pages} />
      </section>
    </>
  );
}

function Table({ jobs }: { jobs: Job[] }) {
  return <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Job</th><th>Progress</th><th class="num">Items</th><th class="num">A second</th><th class="num">Failed</th><th>Created</th></tr></thead>
    <tbody>{jobs.map((job) => (
      <tr key={job.id}><td><State name={job.state} /></td><td class="name"><a href={`/ui/jobs/${job.id}`}><Text>{job.name}</Text></a></td>
        <td>{job.percent !== null && <span class="progress"><Bar value={job.percent} most={100} state={job.state} label={`${job.percent} percent`} /> <span class="small soft">{Math.floor(job.percent)} %</span></span>}</td>
        <td class="num">{compact(job.itemsDone)}</td><td class="num">{job.state === "running" ? compact(Math.round(job.itemsPerSecond)) : ""}</td>
        <td class="num">{job.itemsFailed > 0 ? compact(job.itemsFailed) : ""}</td><td><Time at={job.createdAt} age /></td></tr>))}
    </tbody></table></div>;
}
