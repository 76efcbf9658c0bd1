import { useState } from "preact/hooks";
import { send } from "../api/client";
import { create } from "../api/create";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { List, Notification, NotificationTest } from "../api/types";
import { useResource } from "../store/resource";
import { Dialog, confirm } from "../ui/confirm";
import { Field, faultsAt } from "../ui/Field";
import { useOnce } from "../ui/once";
import { Button, Empty, Head, ProblemBox, Shown, State, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";

const kinds = ["failed", "recovered", "late", "attention"];

const pathOf = (name: string) => `/notifications/${encodeURIComponent(name)}`;

/** The notifications: messages to people by mail, Slack or Teams. */
export default function Notifications() {
  const all = useResource<List<Notification>>("/notifications", 10_000);
  const [adding, setAdding] = useState(false);
  const admin = lacks("admin");
  const said = (answer: NotificationTest) => answer.sent ? "Sent" : `Not sent: ${answer.failure ?? ""}`;
  const remove = async (name: string) => {
    if (await confirm({ title: `Delete the notification ${name}?`, text: "It sends nothing more.", action: "Delete", danger: true }))
      await act("Deleted", () => send("DELETE", pathOf(name)));
  };
  return (
    <>
      <Head title="Notifications" actions={<Button kind="main" icon="plus" disabled={!!admin} title={admin} onClick={() => setAdding(true)}>New notification</Button>}>Messages to people about what failed, recovered, is late or needs attention.</Head>
      {adding && <Adding close={() => setAdding(false)} />}
      <section class="panel"><Shown of={all} rows={3}>{(data) => data.items.length === 0 ? <Empty title="No notification yet">Create one to hear of failures by mail, in Slack or in Teams.</Empty> : (
        <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Name</th><th>Reports</th><th>To</th><th>At most every</th><th>Last message</th><th class="num">Waiting</th><th /></tr></thead><tbody>{data.items.map((one) => (
          <tr key={one.name}><td>{one.paused ? <State name="paused" /> : one.failingSince ? <State name="failed" word="failing" /> : <State name="ready" word="watching" />}</td>
            <td class="name wraps"><Text>{one.name}</Text>{one.failure && <div class="soft small"><Text>{one.failure}</Text></div>}</td><td>{one.on.join(", ")}</td><td><Text>{targetOf(one)}</Text></td><td>{one.digest}</td><td>{one.sentAt && <Time at={one.sentAt} age />}</td>
            <td class="num" data-label="waiting">{one.waiting || ""}</td><td class="right"><Button onClick={() => act(said, () => send<NotificationTest>("POST", `${pathOf(one.name)}/test`))}>Test</Button>
              <Button kind="danger" onClick={() => remove(one.name)}>Delete</Button></td></tr>))}</tbody></table></div>)}</Shown></section>
    </>
  );
}

// The path of a chat's address is its secret.
function targetOf(one: Notification): string {
  const { mail, slack, teams } = one.to;
  return mail ? mail.join(", ") : `${slack ? "Slack" : "Teams"} at ${URL.parse(slack ?? teams ?? "")?.host ?? ""}`;
}

function Adding({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [on, setOn] = useState<string[]>(["failed"]);
  const [channel, setChannel] = useState("mail");
  const [target, setTarget] = useState("");
  const [match, setMatch] = useState<Record<string, string>>({});
  const [digest, setDigest] = useState("1m");
  const [fault, setFault] = useState<Problem | null>(null);
  const [once, isBusy] = useOnce();
  const submit = () => once(async () => {
    const to = channel === "mail" ? target.split(",").map((part) => part.trim()).filter(Boolean) : target;
    try {
      await create(pathOf(name), { on, to: { [channel]: to }, match: Object.fromEntries(Object.entries(match).filter(([, text]) => text)), digest }, "notification");
      await act("Notification stored", async () => {});
      close();
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  return (
    <Dialog title="New notification" close={close}><form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {fault && <ProblemBox problem={fault} />}
      <Field title="Name" value={name} set={setName} required faults={faultsAt(fault, "name")} />
      <div class="field">Reports<div class="chips">{kinds.map((kind) => <label key={kind}><input type="checkbox" checked={on.includes(kind)}
        onChange={() => setOn(on.includes(kind) ? on.filter((other) => other !== kind) : [...on, kind])} /> {kind}</label>)}</div></div>
      <label class="field">By<select value={channel} onChange={(event) => setChannel(event.currentTarget.value)}><option value="mail">Mail</option><option value="slack">Slack</option><option value="teams">Teams</option></select></label>
      <label class="field">{channel === "mail" ? "Addresses, separated by commas" : "Address of the incoming webhook"}<input value={target} required onInput={(event) => setTarget(event.currentTarget.value)} /></label>
      <label class="field">At most one message every<input value={digest} placeholder="5m" onInput={(event) => setDigest(event.currentTarget.value)} /></label>
      <details><summary>Only some of it</summary>{["queue", "definition", "schedule", "label"].map((field) => <label key={field} class="field">{field}<input value={match[field] ?? ""} placeholder={field === "label" ? "team=data" : "etl*"}
        onInput={(event) => setMatch({ ...match, [field]: event.currentTarget.value })} /></label>)}</details>
      <div class="actions end"><Button onClick={close}>Back</Button><Button type="submit" kind="main" disabled={on.length === 0 || isBusy}>Store notification</Button></div></form></Dialog>
  );
}
