import { useState } from "preact/hooks";
import { send } from "../api/client";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { CreatedWebhook, List, Webhook } from "../api/types";
import { useResource } from "../store/resource";
import { Dialog } from "../ui/confirm";
import { useOnce } from "../ui/once";
import { Button, Copy, Empty, Head, ProblemBox, Shown, State, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";

const kinds = ["task", "job", "node", "queue", "schedule", "workflow", "rollout"];

/** Where events are sent to, and whether they arrive. */
export default function Webhooks() {
  const hooks = useResource<List<Webhook>>("/webhooks", 10_000);
  const [adding, setAdding] = useState(false);
  const admin = lacks("admin");
  return (
    <>
      <Head title="Webhooks" actions={<Button kind="main" icon="plus" disabled={!!admin} title={admin} onClick={() => setAdding(true)}>New webhook</Button>}>Addresses that events are sent to, signed, at least once.</Head>
      {adding && <Adding close={() => setAdding(false)} />}
      <section class="panel"><Shown of={hooks} rows={3}>{(data) => data.items.length === 0 ? <Empty title="No webhook yet">Make one to have events of tasks, jobs, nodes, queues and schedules sent to an address of yours.</Empty> : (
        <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Address</th><th>Events</th><th>Failing since</th><th class="num">Waiting</th><th>Created</th></tr></thead><tbody>{data.items.map((hook) => (
          <tr key={hook.id}><td><HookState hook={hook} /></td><td class="name"><a href={`/ui/webhooks/${hook.id}`}><Text>{hook.url}</Text></a></td><td>{hook.types.join(", ")}</td>
            <td data-label="since">{hook.failingSince && <Time at={hook.failingSince} age />}</td><td class="num" data-label="waiting">{hook.retrying || ""}</td><td><Time at={hook.createdAt} age /></td></tr>))}</tbody></table></div>)}</Shown></section>
    </>
  );
}

/** Whether a webhook's events arrive. */
export function HookState({ hook }: { hook: Webhook }) {
  const waiting = hook.retrying > 0 ? `${hook.retrying} waiting` : "";
  return hook.goneAt ? <State name="failed" word="receiver gone, paused" /> : hook.paused ? <State name="paused" word={waiting ? `paused, ${waiting}` : undefined} /> : hook.failingSince ? <State name="failed" word={waiting ? `failing, ${waiting}` : "failing"} />
    : waiting ? <State name="queued" word={waiting} /> : <State name="ready" word="delivering" />;
}

const lists: ["states" | "names" | "queues" | "schedules", string, string][] = [["states", "States, separated by commas", "failed, missed"], ["names", "Names", "backup"],
  ["queues", "Queues", "etl"], ["schedules", "Schedules, and what they start", "nightly"]];

function filterOf(texts: Record<string, string>) {
  return Object.fromEntries(Object.entries(texts).map(([field, text]) => [field, text.split(",").map((part) => part.trim()).filter(Boolean)] as const)
    .filter(([, values]) => values.length > 0));
}

/** What a webhook's filter lets through, in words; empty if everything. */
export function filterText(hook: Webhook) {
  return [...lists.map(([field]) => [field, hook[field]] as const), ["labels", Object.entries(hook.labels).map(([key, value]) => `${key}=${value}`)] as const]
    .filter(([, values]) => values.length > 0).map(([field, values]) => `${field}: ${values.join(", ")}`).join("; ");
}

function Adding({ close }: { close: () => void }) {
  const [url, setUrl] = useState("https://");
  const [types, setTypes] = useState<string[]>(["task"]);
  const [filter, setFilter] = useState<Record<string, string>>({});
  const [fault, setFault] = useState<Problem | null>(null);
  const [made, setMade] = useState<CreatedWebhook | null>(null);
  const [once, isBusy] = useOnce();
  const submit = () => once(async () => {
    try {
      setMade(await send<CreatedWebhook>("POST", "/webhooks", { url, types, ...filterOf(filter) }));
      await act("Webhook made", async () => {});
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  if (made)
    return <Dialog title="The webhook's secret" close={close} once><p>Deliveries are signed with it. It is shown this once.</p><pre>{made.secret}</pre><div class="actions end"><Copy text={made.secret} /><Button kind="main" onClick={close}>Done</Button></div></Dialog>;
  return (
    <Dialog title="New webhook" close={close}><form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {fault && <ProblemBox problem={fault} />}
      <label class="field">Address<input value={url} required onInput={(event) => setUrl(event.currentTarget.value)} /></label>
      <div class="field">Events<div class="chips">{kinds.map((kind) => <label key={kind}><input type="checkbox" checked={types.includes(kind)}
        onChange={() => setTypes(types.includes(kind) ? types.filter((other) => other !== kind) : [...types, kind])} /> {kind}</label>)}</div></div>
      <details><summary>Only some of these events</summary>{lists.map(([field, label, example]) => <label key={field} class="field">{label}<input value={filter[field] ?? ""} placeholder={example}
        onInput={(event) => setFilter({ ...filter, [field]: event.currentTarget.value })} /></label>)}</details>
      <div class="actions end"><Button onClick={close}>Back</Button><Button type="submit" kind="main" disabled={types.length === 0 || isBusy}>Create webhook</Button></div></form></Dialog>
  );
}
