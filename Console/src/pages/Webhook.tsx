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

const period = 5_000; // Between two reads, in milliseconds
const mostDeliveries = 100;

/** One webhook and its deliveries. */
export default function Webhook({ id }: { id: string }) {
  const path = `/webhooks/${encodeURIComponent(id)}`;
  const shown = useResource<WebhookRecord>(path, period);
  const list = pathOf(`${path}/deliveries`, { limit: mostDeliveries });
  const deliveries = useResource<List<WebhookDelivery>>(list, period);
  const [secret, setSecret] = useState<string | null>(null);
  const [opened, setOpened] = useState<WebhookDelivery | null>(null);
  const pause = () => send("POST", `${path}/pause`);
  const resume = () => send("POST", `${path}/resume`);
  const test = () => act(outcomeOf, () => send<WebhookDelivery>("POST", `${path}/test`));
  const rotate = async () => {
    if (await confirm({
      title: "Create a new secret?", action: "Create secret",
      text: "It is shown once. For a day, deliveries are signed with the old one as well.",
    }))
      setSecret((await act("Another secret was made", () => send<CreatedWebhook>("POST", `${path}/rotate`)))?.secret ?? null);
  };
  const remove = async () => {
    if (await confirm({
      title: "Delete this webhook?", action: "Delete", danger: true,
      text: "Nothing is sent to it any more, what waits included.",
    }) && await act("Deleted", async () => { await send("DELETE", path); return true; }))
      go("/ui/webhooks");
  };
  return (
    <Shown of={shown} page="Webhook" back={["/ui/webhooks", "Webhooks"]}>{(hook) => (
      <>
        <Head title={<Text>{hook.url}</Text>} name={"Webhook"} back={["/ui/webhooks", "Webhooks"]} actions={<>
          <Button kind="main" onClick={test}>Test</Button>
          {/* The third argument of act is the undo. */}
          {hook.paused ? <Button icon="running" onClick={() => act("It goes on", resume, pause)}>Resume</Button>
            : <Button icon="pause" onClick={() => act("Paused", pause, resume)}>Pause</Button>}
          <Button onClick={rotate}>New secret</Button>
          <Button kind="danger" onClick={remove}>Delete</Button></>}><HookState hook={hook} /></Head>
        {secret && <SecretDialog secret={secret} close={() => setSecret(null)} />}
        {opened && <DeliveryDialog delivery={opened} close={() => setOpened(null)} />}
        <section class="panel"><div class="body"><Facts of={[
          ["Events", hook.types.join(", ")],
          ["Only", filterText(hook) ? <Text>{filterText(hook)}</Text> : null],
          ["Failing since", hook.failingSince && <Time at={hook.failingSince} />],
          ["Waiting to be tried again", hook.retrying],
          ["Created", <Time at={hook.createdAt} />],
          ["Id", <code>{hook.id}</code>],
        ]} /></div></section>
        <section class="panel"><header><h2>Deliveries</h2></header><Shown of={deliveries} rows={3}>{(data) =>
          data.items.length === 0 ? <Empty title="Nothing has been sent yet" /> : (
            <div class="wide"><table class="stack" data-rows>
              <thead><tr>
                <th>State</th><th class="num">No</th><th>Event</th><th>When</th><th class="num">Tries</th>
                <th class="num">Status</th><th class="num">Took</th><th>Next try</th><th />
              </tr></thead>
              <tbody>{data.items.map((one) =>
                <DeliveryRow key={one.n} delivery={one} hook={path} open={() => setOpened(one)} />)}</tbody>
            </table></div>)}</Shown></section>
      </>)}</Shown>
  );
}

function DeliveryRow({ delivery, hook, open }: { delivery: WebhookDelivery; hook: string; open: () => void }) {
  const { n, event, state } = delivery;
  const resend = () => act(outcomeOf, () => send<WebhookDelivery>("POST", `${hook}/deliveries/${n}/resend`));
  return (
    <tr>
      <td><State name={state} word={state === "open" ? "waiting" : undefined} /></td>
      <td class="num"><Button kind="bare" onClick={open}>{n}</Button></td>
      <td>{event ? `${event.type} ${event.state ?? ""}` : ""}</td>
      <td><Time at={delivery.at} /></td>
      <td class="num">{delivery.tries}</td>
      <td class="num">{delivery.status ?? ""}</td>
      <td class="num">{duration(delivery.tookMs)}</td>
      <td>{delivery.nextTryAt && <Time at={delivery.nextTryAt} age />}</td>
      <td class="right"><Button icon="retry" onClick={resend}>Resend</Button></td>
    </tr>
  );
}

function DeliveryDialog({ delivery, close }: { delivery: WebhookDelivery; close: () => void }) {
  return (
    <Dialog title={`Delivery ${delivery.n}`} close={close}>
      <h3>Event</h3><pre><Text>{jsonOf(delivery.event, 2)}</Text></pre>
      <h3>Answer</h3><pre><Text>{delivery.answer ?? "none"}</Text></pre>
    </Dialog>
  );
}

function SecretDialog({ secret, close }: { secret: string; close: () => void }) {
  return (
    <Dialog title="The new secret" close={close} once>
      <pre>{secret}</pre>
      <div class="actions end"><Copy text={secret} /><Button kind="main" onClick={close}>Done</Button></div>
    </Dialog>
  );
}

/** The message after a test or a resend. */
function outcomeOf(tried: WebhookDelivery): string {
  return tried.state === "delivered"
    ? `Delivered: ${tried.status} after ${duration(tried.tookMs)}`
    : `Not delivered: ${tried.status ?? tried.answer ?? tried.state}`;
}
