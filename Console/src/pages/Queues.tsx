import type { List, Queue } from "../api/types";
import { compact, count } from "../format/numbers";
import { useResource } from "../store/resource";
import { Bar, Empty, Head, Shown, State, Time } from "../ui/parts";
import { PauseButton } from "../ui/PauseButton";

/** The queues: how deep they are and what limits them. */
export default function Queues() {
  const queues = useResource<List<Queue>>("/queues", 15_000);
  return (
    <>
      <Head title="Queues">Lines of tasks with limits of their own. A queue exists once it has had a task.</Head>
      <section class="panel"><Shown of={queues}>{(data) => data.items.length === 0
        ? <Empty title="No queue has had a task yet"><a class="button main" href="/ui/tasks/new?cmd=echo+hello">Run echo hello</a></Empty>
        : <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Queue</th><th class="num">Queued</th><th class="if-wide">Oldest</th><th>Running</th><th class="num">Scheduled</th><th class="num">Failed, 24 h</th><th>Rate</th><th class="num if-wide">Depth limit</th><th class="num if-wide">Weight</th><th /></tr></thead>
          <tbody>{data.items.map((queue) => (
            <tr key={queue.name}><td><State name={queue.paused ? "paused" : "ready"} word={queue.paused ? "paused" : "open"} /></td>
              <td class="name"><a href={`/ui/queues/${queue.name}`}>{queue.name}</a></td><td class="num" data-label="queued">{compact(queue.depth)}</td>
              <td class="if-wide" data-label="oldest">{queue.oldestQueuedAt && <Time at={queue.oldestQueuedAt} age />}</td>
              <td data-label="running">{queue.running}{queue.maxRunning !== null && <> of {count(queue.maxRunning)} <span style={{ display: "inline-block", width: "60px" }}><Bar value={queue.running} most={queue.maxRunning} label="Share of the limit" /></span></>}</td>
              <td class="num" data-label="scheduled">{queue.scheduled > 0 && compact(queue.scheduled)}</td>
              <td class="num" data-label="failed in 24 h">{queue.failedLastDay !== null && queue.failedLastDay > 0 && compact(queue.failedLastDay)}</td><td>{queue.ratePerSecond !== null && `${queue.ratePerSecond} a second`}</td>
              <td class="num if-wide" data-label="at most">{count(queue.maxDepth)}</td><td class="num if-wide" data-label="weight">{queue.weight}</td><td class="right"><PauseButton queue={queue} /></td></tr>))}
          </tbody></table></div>}</Shown></section>
    </>
  );
}
