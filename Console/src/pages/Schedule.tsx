import type { Occurrence, Schedule as ScheduleRecord } from "../api/types";
import { commandOf } from "../format/command";
import { definitionPage } from "../format/definition";
import { plural } from "../format/numbers";
import { isReadable, keyOf, pageOf, partsOf, startedOf, watchedFiles } from "../format/schedule";
import { usePages } from "../store/pages";
import { useResource } from "../store/resource";
import { ScheduleActions } from "../ui/ScheduleActions";
import { fateOf, lastEnded, Runs } from "../ui/Runs";
import { More } from "../ui/More";
import { Empty, Facts, Head, Icon, Shown, State, Text, Time } from "../ui/parts";
import { StateOf, When } from "./Schedules";

/** One schedule: its rules, its next times, and what became of the past ones. */
export default function Schedule({ id }: { id: string }) {
  const shown = useResource<ScheduleRecord>(`/schedules/${encodeURIComponent(id)}`, 5_000);
  const past = usePages<Occurrence>(`/schedules/${encodeURIComponent(id)}/occurrences`, { limit: 50 }, 5_000, keyOf);
  return (
    <Shown of={shown} page="Schedule" back={["/ui/schedules", "Schedules"]}>{(found) => (
      <>
        <Head title={found.id} back={["/ui/schedules", "Schedules"]} actions={<ScheduleActions schedule={found} whole />}>
          <StateOf of={found} /> · <When of={found} /></Head>
        {!isReadable(found) && <div class="notice bad"><Icon name="failed" /><div class="grow"><b>The service cannot read this schedule, so it starts nothing</b>
          <p>Its time zone may be missing on the service's machine. Its times continue once the zone is there and the service has been restarted; you can also change or delete it.</p></div></div>}
        {found.folderProblem && <div class="notice bad"><Icon name="failed" /><div class="grow"><b>It cannot watch its folder, since <Time at={found.folderProblem.since} /></b><p><Text>{found.folderProblem.detail}</Text></p></div></div>}
        <Last runs={past.items} />
        <div class="grid uneven">
          <section class="panel"><header><h2>Runs</h2></header><Shown of={past.first}>{() => past.items.length === 0 ? <Empty title="It has not run yet" /> : (
            <div class="wide"><table data-rows><thead><tr><th>Time</th><th>Kind</th><th>Outcome</th></tr></thead><tbody>{past.items.map((one, i) => (
              <tr key={i}><td><Time at={one.time} />{one.count > 1 && <span class="soft"> and {plural(one.count - 1, "more time")}</span>}</td><td class="soft">{one.kind}{one.file && <> <Text>{one.file}</Text></>}</td>
                <td class="wraps"><Outcome of={one} />{one.reason && <span class="soft"> {one.reason === "overlap" ? "the run before had not ended" : one.reason.replaceAll("-", " ")}</span>}</td></tr>))}</tbody></table>
              <More of={past} /></div>)}</Shown></section>
          <div>
            <section class="panel"><header><h2>{found.files ? "Next looks" : "Next runs"}</h2></header>{found.nextRuns.length === 0 ? <Empty title={found.paused ? "Paused: nothing runs" : isReadable(found) ? "Its time is over" : "Not known"} /> : (
              <div class="wide"><table><tbody>{found.nextRuns.map((time) => <tr key={time}><td><Time at={time} /></td><td class="num soft"><Time at={time} age /></td></tr>)}</tbody></table></div>)}</section>
            <section class="panel"><header><h2>Rules</h2></header><div class="body"><Facts of={[["Queue", <a href={`/ui/queues/${found.queue}`}>{found.queue}</a>], ["Overlap", found.overlap], ["Missed after", found.startWithin],
              ["Catch up", found.catchUp === "none" ? "off" : found.catchUp], ["Cron", found.cron && <code>{found.cron}</code>], ["Jitter", found.jitter], ["From", found.startAt && <Time at={found.startAt} />], ["Until", found.endAt && <Time at={found.endAt} />], ["Only in", found.only?.join(", ")], ["Except in", found.except?.join(", ")], ["In a blackout", found.onBlackout === "skip" && "skipped"], ["Expected within", found.expectBy], ["Files", found.files && <Text>{watchedFiles(found.files)}</Text>], ["Settled", found.files && (found.files.settled ?? "10s")], ["Files that were there", found.files && (found.files.existing === "skip" ? "left out" : "started runs")], ["Definition", found.definition && <a href={definitionPage(found.definition.name)}><Text>{found.definition.name}</Text></a>], ["Created", <Time at={found.createdAt} />]]} /></div></section>
            {found.workflow && <section class="panel"><header><h2>Workflow</h2></header><div class="wide"><table><tbody>{found.workflow.nodes.map((node) => (
              <tr key={node.name}><td>{node.name}</td><td><Text>{node.task ? commandOf(node.task) : "a data job"}</Text></td></tr>))}</tbody></table></div></section>}
            {found.job && <section class="panel"><header><h2>Job</h2></header><div class="body">
              <Facts of={partsOf(found.job).map(([name, text]) => [name, <Text>{text}</Text>])} /></div></section>}
            {found.task && <section class="panel"><header><h2>Task</h2></header><div class="body"><pre><Text>{commandOf(found.task)}</Text></pre></div></section>}
          </div>
        </div>
      </>)}</Shown>
  );
}

/** The last runs at a glance, and that the last one failed. */
function Last({ runs }: { runs: Occurrence[] }) {
  const last = lastEnded(runs);
  const fate = last && fateOf(last);
  const started = last && startedOf(last);
  return runs.length === 0 ? null : <div class={fate === "failed" || fate === "missed" ? "notice bad" : "notice"}><Icon name={fate === "failed" || fate === "missed" ? "failed" : "schedules"} /><div class="grow">
    <b>{last ? <>The last run {fate === "missed" ? "was missed" : fate === "cancelled" ? "was cancelled" : fate}, <Time at={last.time} age /></> : "No run has ended yet"}</b> {started && <a href={pageOf(started.target, started.id)}>Open it</a>}
    <p><Runs of={runs.slice(0, 20)} /></p></div></div>;
}

/** What became of a time, with the way to what it has started. */
function Outcome({ of }: { of: Occurrence }) {
  const found = startedOf(of);
  const state = <State name={fateOf(of)} />;
  return found ? <a href={pageOf(found.target, found.id)}>{state}</a> : state;
}
