import { useState } from "preact/hooks";
import type { LiveEvent } from "../api/types";
import { events, liveness, setPaused } from "../live/events";
import { Button, Empty, Head, State, Text, Time } from "../ui/parts";

const kinds = ["task", "job", "node", "queue", "schedule", "workflow"];
const pages: Record<string, string> = { task: "/ui/tasks/", job: "/ui/jobs/", node: "/ui/nodes/", queue: "/ui/queues/", schedule: "/ui/schedules/" };

/** What happens, as it happens: the newest 500 events since the page was opened. */
export default function Events() {
  const [kind, setKind] = useState("");
  const [frozen, setFrozen] = useState<typeof events.value | null>(null);
  const list = (frozen ?? events.value).filter((event) => kind === "" || event.type === kind).slice(0, 200);
  const freeze = () => { setFrozen(frozen ? null : events.value); setPaused(!frozen); };
  return (
    <>
      <Head title="Events" actions={<Button icon={frozen ? "running" : "pause"} onClick={freeze}>{frozen ? "Go on" : "Freeze"}</Button>}>
        What happens from now on, {liveness.value}.</Head>
      <div class="chips" role="group" aria-label="Type">
        <button type="button" class="pick" aria-pressed={kind === ""} onClick={() => setKind("")}>All</button>
        {kinds.map((name) => <button type="button" class="pick" key={name} aria-pressed={kind === name} onClick={() => setKind(name)}>{name}</button>)}</div>
      <section class="panel">{list.length === 0 ? <Empty title="Nothing has happened yet">Whatever changes appears here. <a href="/ui/tasks/new?cmd=echo+hello">Start a task</a> to see it.</Empty> : (
        <div class="wide"><table data-rows><thead><tr><th>When</th><th>Type</th><th>Change</th><th>Id</th><th class="num">Attempt</th></tr></thead>
          <tbody>{list.map((event) => <tr key={event.key}><td><Time at={event.at} /></td><td class="soft">{event.type}</td><td>{event.state && <State name={event.state} />}</td>
            <td class="name mono"><a href={linkOf(event)}><Text>{event.id}</Text></a></td><td class="num">{event.attempt || ""}</td></tr>)}</tbody></table></div>)}</section>
    </>
  );
}

const linkOf = (event: LiveEvent): string => (pages[event.type] ?? "/ui/events?") + encodeURIComponent(event.id);
