import { pathOf } from "../api/client";
import type { List, Schedule } from "../api/types";
import { cut } from "../format/command";
import { nameOf } from "../format/schedule";
import { useResource } from "../store/resource";
import { ScheduleActions } from "../ui/ScheduleActions";
import { Copy, Empty, Head, Shown, State, Text, Time } from "../ui/parts";

const line = "otask schedule set nightly --cron '0 3 * * *' --zone Europe/Berlin 'echo nightly'";

/** When schedules start tasks, jobs and workflows: the next one first. */
export default function Schedules() {
  const schedules = useResource<List<Schedule>>(pathOf("/schedules", { limit: 1_000 }), 5_000);
  const sorted = [...(schedules.data?.items ?? [])].sort((a, b) => Number(!a.nextRuns[0]) - Number(!b.nextRuns[0]) || (a.nextRuns[0] ?? "").localeCompare(b.nextRuns[0] ?? "") || a.id.localeCompare(b.id));
  return (
    <>
      <Head title="Schedules">Times at which queues start tasks, jobs and workflows.</Head>
      <section class="panel"><Shown of={schedules}>{(data) => data.items.length === 0
        ? <Empty title="No schedule yet"><p>This one runs every night at three in Berlin:</p><pre>{line}</pre><Copy text={line} /></Empty>
        : <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Schedule</th><th>When</th><th>Next run</th><th class="if-wide">Last run</th><th class="if-wide">Overlap</th><th>Queue</th><th /></tr></thead>
          <tbody>{sorted.map((found) => (
            <tr key={found.id}><td><State name={found.paused ? "paused" : found.nextRuns.length > 0 ? "scheduled" : "gone"} word={found.paused ? "paused" : found.nextRuns.length > 0 ? "active" : "over"} /></td>
              <td class="name"><a href={`/ui/schedules/${found.id}`}>{found.id}</a> <span class="soft"><Text>{cut(nameOf(found), 80)}</Text></span></td>
              <td><When of={found} /></td><td data-label="next">{found.nextRuns[0] && <Time at={found.nextRuns[0]} age />}</td><td class="if-wide" data-label="last">{found.lastRun && <Time at={found.lastRun} age />}</td>
              <td class="soft if-wide">{found.overlap}</td><td>{found.queue}</td><td class="right"><ScheduleActions schedule={found} /></td></tr>))}
          </tbody></table></div>}</Shown></section>
    </>
  );
}

/** The times of a schedule as they were given. */
export function When({ of }: { of: Schedule }) {
  return of.cron ? <><code>{of.cron}</code> <span class="soft">{of.timeZone ?? "UTC"}</span></> : <>every {of.every}</>;
}
