import { useMemo } from "preact/hooks";
import { pathOf } from "../api/client";
import type { List, StoredEvent } from "../api/types";
import { eventWords, withoutSteps } from "../format/events";
import { liveness, setPaused } from "../live/live";
import { place, setQuery } from "../router";
import { useNames } from "../store/names";
import { useResource } from "../store/resource";
import type { IconName } from "../ui/icons";
import { Button, Empty, Head, Icon, Shown, State, Text, Time } from "../ui/parts";

const shown = 200;
const kinds = ["task", "job", "node", "queue", "schedule", "workflow", "rollout"];

/** What has happened and what happens, in words: the newest 200 events. */
export default function Events() {
  const kind = place.value.query.get("type") ?? "";
  const stored = useResource<List<StoredEvent>>(pathOf("/events/history", { type: kind, limit: shown }), 10_000);
  const frozen = liveness.value === "paused";
  return (
    <>
      <Head title="Events" actions={<Button icon={frozen ? "running" : "pause"} onClick={() => setPaused(!frozen)}>{frozen ? "Go on" : "Freeze"}</Button>}>
        What happens, newest first</Head>
      <div class="chips" role="group" aria-label="Type">
        <button type="button" class="pick" aria-pressed={kind === ""} onClick={() => setQuery({ type: null })}>All</button>
        {kinds.map((name) => <button type="button" class="pick" key={name} aria-pressed={kind === name} onClick={() => setQuery({ type: name })}><Icon name={`${name}s` as IconName} />{name}s</button>)}</div>
      <section class="panel"><Shown of={stored}>{({ items }) => items.length === 0
        ? <Empty title={kind ? `No event of a ${kind} is stored` : "Nothing has happened yet"}>Whatever changes appears here. <a href="/ui/new/task?cmd=echo+hello">Start a task</a> to see it.</Empty>
        : <Table events={items} />}</Shown></section>
    </>
  );
}

function Table({ events }: { events: StoredEvent[] }) {
  const names = useNames(events);
  const rows = useMemo(() => withoutSteps(events), [events]);
  return <div class="wide"><table class="stack" data-rows><thead><tr><th>When</th><th>State</th><th>What</th></tr></thead>
    <tbody>{rows.map((event) => {
      const of = names.get(event.id);
      return <tr key={keyOf(event)}><td><Time at={event.at} /></td><td>{event.state && <State name={event.state} />}</td>
        <td class="name whole">{kinds.includes(event.type) ? event.type[0]!.toUpperCase() + event.type.slice(1) : event.type} <a href={linkOf(event)} title={event.id}><Text>{of?.title ?? event.id}</Text></a> <Text>{eventWords(event, of)}</Text></td></tr>;
    })}</tbody></table></div>;
}

const keyOf = (event: StoredEvent): string => [event.type, event.id, event.state, event.attempt, event.at].join(" ");
const linkOf = (event: StoredEvent): string => kinds.includes(event.type) ? `/ui/${event.type}s/${encodeURIComponent(event.id)}` : "/ui/events";
