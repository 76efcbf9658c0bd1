import { useState } from "preact/hooks";
import { pathOf } from "../api/client";
import type { List, LiveEvent } from "../api/types";
import { liveness, setPaused } from "../live/live";
import { useResource } from "../store/resource";
import { Button, Empty, Head, Shown, State, Text, Time } from "../ui/parts";

const shown = 200;
const kinds = ["task", "job", "node", "queue", "schedule", "workflow"];
const pages: Record<string, string> = { task: "/ui/tasks/", job: "/ui/jobs/", node: "/ui/nodes/", queue: "/ui/queues/", schedule: "/ui/schedules/", workflow: "/ui/workflows/" };

/** What has happened and what happens: the newest 200 events. */
export default function Events() {
  const [kind, setKind] = useState("");
  const stored = useResource<List<LiveEvent>>(pathOf("/events/history", { type: kind, limit: shown }), 10_000);
  const frozen = liveness.value === "paused";
  return (
    <>
      <Head title="Events" actions={<Button icon={frozen ? "running" : "pause"} onClick={() => setPaused(!frozen)}>{frozen ? "Go on" : "Freeze"}</Button>}>
        What happens, the newest first, {liveness.value}.</Head>
      <div class="chips" role="group" aria-label="Type">
        <button type="button" class="pick" aria-pressed={kind === ""} onClick={() => setKind("")}>All</button>
        {kinds.map((name) => <button type="button" class="pick" key={name} aria-pressed={kind === name} onClick={() => setKind(name)}>{name}</button>)}</div>
      <section class="panel"><Shown of={stored}>{({ items }) => items.length === 0 ? <Empty title="Nothing has happened yet">Whatever changes appears here. <a href="/ui/tasks/new?cmd=echo+hello">Start a task</a> to see it.</Empty> : (
        <div class="wide"><table data-rows><thead><tr><th>When</th><th>Type</th><th>Change</th><th>Id</th><th class="num">Attempt</th></tr></thead>
          <tbody>{items.map((event) => <tr key={keyOf(event)}><td><Time at={event.at} /></td><td class="soft">{event.type}</td><td>{event.state && <State name={event.state} />}</td>
            <td class="name mono"><a href={linkOf(event)}><Text>{event.id}</Text></a></td><td class="num">{event.attempt || ""}</td></tr>)}</tbody></table></div>)}</Shown></section>
    </>
  );
}

const keyOf = (event: LiveEvent): string => [event.type, event.id, event.state, event.attempt, event.at].join(" ");
const linkOf = (event: LiveEvent): string => (pages[event.type] ?? "/ui/events?") + encodeURIComponent(event.id);
