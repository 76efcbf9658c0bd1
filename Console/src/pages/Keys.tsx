import { useState } from "preact/hooks";
import { send } from "../api/client";
import { Problem } from "../api/problem";
import { lacks, session } from "../api/session";
import type { BrowserSession, CreatedKey, Key, List } from "../api/types";
import { endOf, isOver, scopes, terms, typedFor } from "../format/keys";
import { tick } from "../format/time";
import { useResource } from "../store/resource";
import { confirm, Dialog } from "../ui/confirm";
import { useOnce } from "../ui/once";
import { Button, Copy, Empty, Head, ProblemBox, Shown, State, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";

/** The keys that callers use, and the browsers that are signed in with them. */
export default function Keys() {
  const admin = lacks("admin");
  const keys = useResource<List<Key>>(admin ? null : "/keys", 10_000);
  const sessions = useResource<List<BrowserSession>>(admin ? null : "/sessions", 10_000);
  const [adding, setAdding] = useState(false);
  if (admin)
    return <><Head title="Keys">Who may call, and what for.</Head><section class="panel"><Empty title={admin}>Make one where the store is: <code>otask key create --data DIR --scope admin,read</code></Empty></section></>;
  return (
    <>
      <Head title="Keys" actions={<Button kind="main" icon="plus" onClick={() => setAdding(true)}>New key</Button>}>Who may call, and what for. A key's text is kept nowhere.</Head>
      {adding && <Adding close={() => setAdding(false)} />}
      <section class="panel"><Shown of={keys} rows={3}>{(data) => data.items.length === 0
        ? <Empty title="No key yet">While only this machine can call, no key is needed. Make one before the gateway listens to others.</Empty>
        : <KeyTable keys={data.items} />}</Shown></section>
      <section class="panel"><header><h2>Browser sessions of this gateway</h2></header><Shown of={sessions} rows={2}>{(data) => data.items.length === 0
        ? <Empty title="Nobody is signed in" /> : <SessionTable sessions={data.items} />}</Shown></section>
    </>
  );
}

function KeyTable({ keys }: { keys: Key[] }) {
  const now = tick.value;
  const revoke = async (key: Key) => {
    const own = session.value?.keyId === key.id ? " It is the key that you are signed in with." : "";
    if (await confirm({ title: "Revoke this key?", text: `It is refused from now on, for good; its sessions and open calls end within 5 seconds.${own}`, action: "Revoke", danger: true, typed: typedFor(key) }))
      await act("Revoked", () => send("DELETE", `/keys/${encodeURIComponent(key.id)}`));
  };
  return <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Name</th><th>Scopes</th><th>Last used</th><th>From</th><th>Expires</th><th>Created</th><th /></tr></thead>
    <tbody>{keys.map((key) => (
      <tr key={key.id}><td>{isOver(key, now) ? <State name="failed" word="expired" /> : <State name="ready" word="valid" />}</td>
        <td class="name"><Text>{key.name || key.id}</Text>{key.name && <div class="soft small">{key.id}</div>}</td><td>{key.scopes.join(", ")}</td>
        <td data-label="last used">{key.lastUsedAt ? <Time at={key.lastUsedAt} age /> : "never"}</td><td data-label="from"><Text>{key.lastAddress ?? ""}</Text></td>
        <td data-label="expires">{key.expiresAt ? <Time at={key.expiresAt} /> : "never"}</td><td data-label="created"><Time at={key.createdAt} age /></td>
        <td class="right"><Button kind="danger" icon="close" onClick={() => revoke(key)}>Revoke</Button></td></tr>))}</tbody></table></div>;
}

function SessionTable({ sessions }: { sessions: BrowserSession[] }) {
  const end = async (one: BrowserSession) => {
    if (await confirm({ title: "End this session?", text: "Whoever uses it has to sign in again.", action: "End it", danger: true }))
      await act("The session has ended", () => send("DELETE", `/sessions/${encodeURIComponent(one.id)}`));
  };
  return <div class="wide"><table class="stack" data-rows><thead><tr><th>Key</th><th>Scopes</th><th>Last used</th><th>From</th><th>Ends</th><th>Began</th><th /></tr></thead>
    <tbody>{sessions.map((one) => (
      <tr key={one.id}><td class="name"><Text>{one.name || one.keyId}</Text></td><td>{one.scopes.join(", ")}</td><td data-label="last used"><Time at={one.lastUsedAt} age /></td>
        <td data-label="from"><Text>{one.lastAddress ?? ""}</Text></td><td data-label="ends"><Time at={one.expiresAt} /></td><td data-label="began"><Time at={one.createdAt} age /></td>
        <td class="right"><Button icon="close" onClick={() => end(one)}>End</Button></td></tr>))}</tbody></table></div>;
}

function Adding({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>(["read"]);
  const [days, setDays] = useState(90);
  const [fault, setFault] = useState<Problem | null>(null);
  const [made, setMade] = useState<CreatedKey | null>(null);
  const [once, isBusy] = useOnce();
  const submit = () => once(async () => {
    try {
      setMade(await send<CreatedKey>("POST", "/keys", { name, scopes: chosen, expiresAt: endOf(days, Date.now()) }));
      await act("Key made", async () => {});
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  if (made)
    return <Dialog title="The new key" close={close} once><p>It is shown this once. Callers send it as <code>Authorization: Bearer KEY</code>, or set <code>OTASK_KEY</code>.</p>
      <pre>{made.key}</pre><div class="actions end"><Copy text={made.key} /><Button kind="main" onClick={close}>Done</Button></div></Dialog>;
  return (
    <Dialog title="New key" close={close}><form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {fault && <ProblemBox problem={fault} />}
      <label class="field">Name<input value={name} required maxLength={200} placeholder="who uses it" onInput={(event) => setName(event.currentTarget.value)} /></label>
      <div class="field">It may{scopes.map(([scope, meaning]) => <label key={scope}><input type="checkbox" checked={chosen.includes(scope)}
        onChange={() => setChosen(chosen.includes(scope) ? chosen.filter((other) => other !== scope) : [...chosen, scope])} /> <b>{scope}</b>: {meaning}</label>)}</div>
      <label class="field">Expires<select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>{terms.map(([term, words]) => <option key={term} value={term}>{words}</option>)}</select></label>
      <div class="actions end"><Button onClick={close}>Back</Button><Button type="submit" kind="main" disabled={chosen.length === 0 || isBusy}>Create key</Button></div></form></Dialog>
  );
}
