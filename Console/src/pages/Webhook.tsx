import { useState } from "preact/hooks";
import { pathOf, send } from "../api/client";
import { jsonOf } from "../api/json";
import type { CreatedWebhook, List, Webhook as WebhookRecord, WebhookDelivery } from "../api/types";
import { duration } from "../format/time";
import { go } from "../router";
import { useResource } from "../store/resource";
import { Dialog, confirm } from "../ui/confirm";
import { Button, Copy, Empty, Facts, Head, Shown, State, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";
import { HookState, filterText } from "./Webhooks";

/** One webhook and its deliveries. */
export default function Webhook({ id }: { id: string }) {
  const path = `/webhooks/${encodeURIComponent(id)}`;
  const shown = useResource<WebhookRecord>(path, 5_000);
  const deliveries = useResource<List<WebhookDelivery>>(pathOf(`${path}/deliveries`, { limit: 100 }), 5_000);
  const [secret, setSecret] = useState<string | null>(null);
  const [open, setOpen] = useState<WebhookDelivery | null>(null);
  const said = (answer: WebhookDelivery) => answer.state === "delivered" ? `Delivered: ${answer.status} after ${duration(answer.tookMs)}` : `Not delivered: ${answer.status ?? answer.answer ?? answer.state}`;
  const rotate = async () => {
    if (await confirm({ title: "Create a new secret?", text: "It is shown once. For a day, deliveries are signed with the old one as well.", action: "Create secret" }))
      setSecret((await act("Another secret was made", () => send<CreatedWebhook>("POST", `${path}/rotate`)))?.secret ?? null);
  };
  const remove = async () => {
    if (await confirm({ title: "Delete this webhook?", text: "Nothing is sent to it any more, what waits included.", action: "Delete", danger: true })
      && await act("Deleted", async () => { await send("DELETE", path); return true; }))
      go("/ui/webhooks");
  };
  return (
    <Shown of={shown} page="Webhook" back={["/ui/webhooks", "Webhooks"]}>{(hook) => (
      <>
        <Head title={<Text>{hook.url}</Text>} name={"Webhook"} back={["/ui/webhooks", "Webhooks"]} actions={<>
          <Button kind="main" onClick={() => act(said, () => send<WebhookDelivery>("POST", `${path}/test`))}>Test</Button>
          {hook.paused ? <Button icon="running" onClick={() => act("It goes on", () => send("POST", `${path}/resume`), () => send("POST", `${path}/pause`))}>Resume</Button>
            : <Button icon="pause" onClick={() => act("Paused", () => send("POST", `${path}/pause`), () => send("POST", `${path}/resume`))}>Pause</Button>}
          <Button onClick={rotate}>New secret</Button><Button kind="danger" onClick={remove}>Delete</Button></>}><HookState hook={hook} /></Head>
        {secret && <Dialog title="The new secret" close={() => setSecret(null)}><pre>{secret}</pre><div class="actions end"><Copy text={secret} /><Button kind="main" onClick={() => setSecret(null)}>Done</Button></div></Dialog>}
        {open && <Dialog title={`WebhookDelivery ${open.n}`} close={() => setOpen(null)}><h3>Event</h3><pre><Text>{jsonOf(open.event, 2)}</Text></pre><h3>Answer</h3><pre><Text>{open.answer ?? "none"}</Text></pre></Dialog>}
        <section class="panel"><div class="body"><Facts of={[["Events", hook.types.join(", ")], ["Only", filterText(hook) ? <Text>{filterText(hook)}</Text> : null], ["Failing since", hook.failingSince && <Time at={hook.failingSince} />], ["Waiting to be tried again", hook.retrying], ["Created", <Time at={hook.createdAt} />], ["Id", <code>{hook.id}</code>]]} /></div></section>
        <section class="panel"><header><h2>Deliveries</h2></header><Shown of={deliveries} rows={3}>{(data) => data.items.length === 0 ? <Empty title="Nothing has been sent yet" /> : (
          <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th class="num">No</th><th>Event</th><th>When</th><th class="num">Tries</th><th class="num">Status</th><th class="num">Took</th><th>Next try</th><th /></tr></thead>
            <tbody>{data.items.map((one) => <tr key={one.n}><td><State name={one.state} word={one.state === "open" ? "waiting" : undefined} /></td><td class="num"><Button kind="bare" onClick={() => setOpen(one)}>{one.n}</Button></td>
              <td>{one.event ? `${one.event.type} ${one.event.state ?? ""}` : ""}</td><td><Time at={one.at} /></td><td class="num">{one.tries}</td><td class="num">{one.status ?? ""}</td><td class="num">{duration(one.tookMs)}</td>
              <td>{one.nextTryAt && <Time at={one.nextTryAt} age />}</td><td class="right"><Button icon="retry" onClick={() => act(said, () => send<WebhookDelivery>("POST", `${path}/deliveries/${one.n}/resend`))}>Resend</Button></td></tr>)}
            </tbody></table></div>)}</Shown></section>
      </>)}</Shown>
  );
}
