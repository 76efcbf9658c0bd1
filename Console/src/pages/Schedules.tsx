import { pathOf } from "../api/client";
import type { List, Schedule } from "../api/types";
import { cut } from "../format/command";
import { cronWords } from "../format/cron";
import { isReadable, nameOf } from "../format/schedule";
import { useResource } from "../store/resource";
import { DayAhead } from "../ui/DayAhead";
import { RunsOf } from "../ui/Runs";
import { ScheduleActions } from "../ui/ScheduleActions";
import { Copy, Empty, Head, NewLink, Shown, State, Text, Time } from "../ui/parts";

/** For so many schedules the last runs are shown; each is a call of its own. */
const mostAsked = 40;
const line = "otask schedule set nightly --cron '0 3 * * *' --zone Europe/Berlin 'echo nightly'";

/** When schedules start tasks, jobs and workflows: the next one first. */
export default function Schedules() {
  const schedules = useResource<List<Schedule>>(pathOf("/schedules", { limit: 1_000 }), 5_000);
  const sorted = [...(schedules.data?.items ?? [])].sort((a, b) => Number(!a.nextRuns[0]) - Number(!b.nextRuns[0]) || (a.nextRuns[0] ?? "").localeCompare(b.nextRuns[0] ?? "") || a.id.localeCompare(b.id));
  return (
    <>
      <Head title="Schedules" actions={<NewLink href="/ui/new/schedule" scopes={["operate", "submit"]}>New schedule</NewLink>}>Times at which queues start tasks, jobs and workflows.</Head>
      <section class="panel"><Shown of={schedules}>{(data) => data.items.length === 0
        ? <Empty title="No schedule yet"><p>This one runs every night at three in Berlin:</p><pre>{line}</pre><Copy text={line} /><p><a class="button main" href="/ui/new/schedule">Make one here</a></p></Empty>
        : <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Schedule</th><th>When</th><th>Next run</th><th>Last runs</th><th class="if-wide">Queue</th><th /></tr></thead>
          <tbody>{sorted.map((found, i) => (
            <tr key={found.id}><td><StateOf of={found} /></td>
              <td class="name"><a href={`/ui/schedules/${found.id}`}>{found.id}</a>{nameOf(found) !== found.id && <span class="soft"> <Text>{cut(nameOf(found), 80)}</Text></span>}</td>
              <td class="wraps times-of-day"><When of={found} /></td><td data-label="next">{found.nextRuns[0] && <Time at={found.nextRuns[0]} age />}</td><td class="wraps">{i < mostAsked ? <RunsOf id={found.id} /> : found.lastRun && <Time at={found.lastRun} age />}</td>
              <td class="if-wide">{found.queue}</td><td class="right"><ScheduleActions schedule={found} /></td></tr>))}
          </tbody></table></div>}</Shown></section>
      {sorted.some((found) => found.nextRuns.length > 0) && <DayAhead />}
    </>
  );
}

/** Whether a schedule starts anything. */
export function StateOf({ of }: { of: Schedule }) {
  return !isReadable(of) ? <State name="failed" word="cannot be read" /> : of.paused ? <State name="paused" /> : of.nextRuns.length > 0 ? <State name="scheduled" word="active" /> : <State name="gone" word="over" />;
}

/** The times of a schedule in words, and as they were given. */
export function When({ of }: { of: Schedule }) {
  if (!of.cron)
    return of.every ? <>{of.files ? "looks " : ""}every {of.every}</> : <span class="soft">not known</span>;
  const words = cronWords(of.cron);
  return <span title={words && of.cron}>{words || <code>{of.cron}</code>} <span class="soft">{of.timeZone ?? "UTC"}</span></span>;
}
