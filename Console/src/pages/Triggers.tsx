import { useState } from "preact/hooks";
import { send } from "../api/client";
import { create } from "../api/create";
import { jsonOf } from "../api/json";
import { Problem, typedJson } from "../api/problem";
import { lacks } from "../api/session";
import type { List, Trigger, TriggerTest } from "../api/types";
import { useResource } from "../store/resource";
import { Dialog, confirm } from "../ui/confirm";
import { Field, faultsAt } from "../ui/Field";
import { useOnce } from "../ui/once";
import { Button, Copy, Empty, Head, ProblemBox, Shown, State, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";

const kinds = ["github", "gitlab", "slack", "hmac-sha256", "standard-webhooks", "token"];

const pathOf = (name: string) => `/triggers/${encodeURIComponent(name)}`;

/** The triggers: paths by which other systems start definitions without a key. */
export default function Triggers() {
  const triggers = useResource<List<Trigger>>("/triggers", 10_000);
  const [adding, setAdding] = useState(false);
  const [testing, setTesting] = useState<string | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const admin = lacks("admin");
  const rotate = async (name: string) => {
    if (await confirm({ title: "Create a new secret?", text: "It is shown only once. The old one stops working at once.", action: "Create secret" }))
      setSecret((await act("New secret created", () => send<Trigger>("POST", `${pathOf(name)}/rotate`)))?.secret ?? null);
  };
  const remove = async (name: string) => {
    if (await confirm({ title: `Delete the trigger ${name}?`, text: "Deliveries to it are refused. What it started stays.", action: "Delete", danger: true }))
      await act("Deleted", () => send("DELETE", pathOf(name)));
  };
  return (
    <>
      <Head title="Triggers" actions={<Button kind="main" icon="plus" disabled={!!admin} title={admin} onClick={() => setAdding(true)}>New trigger</Button>}>Paths by which other systems start definitions, without a key.</Head>
      {adding && <Adding close={() => setAdding(false)} />}
      {testing && <Testing name={testing} close={() => setTesting(null)} />}
      {secret && <Secret text={secret} close={() => setSecret(null)} />}
      <section class="panel"><Shown of={triggers} rows={3}>{(data) => data.items.length === 0 ? <Empty title="No trigger yet">Create one to let GitHub, GitLab, Slack or a script start a definition.</Empty> : (
        <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Name</th><th>Definition</th><th>Signature</th><th>Path</th><th>Changed</th><th /></tr></thead><tbody>{data.items.map((one) => (
          <tr key={one.name}><td><State name={one.paused ? "paused" : "ready"} word={one.paused ? undefined : "open"} /></td><td class="name"><Text>{one.name}</Text></td>
            <td><a href={`/ui/definitions/${encodeURIComponent(one.definition)}`}><Text>{one.definition}</Text></a></td><td>{one.signature.kind}</td><td><code>{one.path}</code></td><td><Time at={one.changedAt} age /></td>
            <td class="right"><Button onClick={() => setTesting(one.name)}>Test</Button><Button onClick={() => rotate(one.name)}>New secret</Button><Button kind="danger" onClick={() => remove(one.name)}>Delete</Button></td></tr>))}</tbody></table></div>)}</Shown></section>
    </>
  );
}

function Secret({ text, close }: { text: string; close: () => void }) {
  return <Dialog title="The trigger's secret" close={close} once><p>The sender signs with it. It is shown only once.</p><pre>{text}</pre><div class="actions end"><Copy text={text} /><Button kind="main" onClick={close}>Done</Button></div></Dialog>;
}

function Testing({ name, close }: { name: string; close: () => void }) {
  const [body, setBody] = useState("{}");
  const [shown, setShown] = useState<TriggerTest | null>(null);
  const [fault, setFault] = useState<Problem | null>(null);
  const [once, isBusy] = useOnce();
  const submit = () => once(async () => {
    try {
      setShown(await send<TriggerTest>("POST", `${pathOf(name)}/test`, typedJson(body, "body")));
      setFault(null);
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  return (
    <Dialog title={`What a delivery to ${name} would start`} close={close}><form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {fault && <ProblemBox problem={fault} />}
      <Field title="The delivery's body, as JSON" rows={8} value={body} set={setBody} faults={faultsAt(fault, "body")} />
      {shown && <><p>{shown.starts ? "It would start a run." : "It would start nothing."}</p><pre><Text>{jsonOf(shown, 2)}</Text></pre></>}
      <div class="actions end"><Button onClick={close}>Back</Button><Button type="submit" kind="main" disabled={isBusy}>Test</Button></div></form></Dialog>
  );
}

function Adding({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [definition, setDefinition] = useState("");
  const [kind, setKind] = useState("github");
  const [own, setOwn] = useState("");
  const [parameters, setParameters] = useState("{}");
  const [filter, setFilter] = useState("[]");
  const [fault, setFault] = useState<Problem | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const [once, isBusy] = useOnce();
  const submit = () => once(async () => {
    try {
      const typed = { parameters: typedJson(parameters, "parameters"), filter: typedJson(filter, "filter") };
      const answer = await create<Trigger>(pathOf(name), { definition, signature: { kind, ...(own ? { secret: own } : {}) }, ...typed }, "trigger");
      await act("Trigger stored", async () => {});
      if (answer.secret)
        setMade(answer.secret);
      else
        close();
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  if (made)
    return <Secret text={made} close={close} />;
  return (
    <Dialog title="New trigger" close={close}><form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {fault && <ProblemBox problem={fault} />}
      <Field title="Name" value={name} set={setName} required faults={faultsAt(fault, "name")} />
      <label class="field">Definition<input value={definition} required placeholder="etl/load-day" onInput={(event) => setDefinition(event.currentTarget.value)} /></label>
      <label class="field">Signature<select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>{kinds.map((one) => <option key={one}>{one}</option>)}</select></label>
      <label class="field">Secret, if the sender makes it<input type="password" autocomplete="off" value={own} onInput={(event) => setOwn(event.currentTarget.value)} /></label>
      <Field title="Parameters, as JSON" rows={3} value={parameters} set={setParameters} placeholder={'{"ref": {"pointer": "/ref"}}'} faults={faultsAt(fault, "parameters")} />
      <Field title="Filter, as JSON" rows={3} value={filter} set={setFilter} placeholder={'[{"pointer": "/ref", "equals": "refs/heads/main"}]'} faults={faultsAt(fault, "filter")} />
      <div class="actions end"><Button onClick={close}>Back</Button><Button type="submit" kind="main" disabled={isBusy}>Store trigger</Button></div></form></Dialog>
  );
}
