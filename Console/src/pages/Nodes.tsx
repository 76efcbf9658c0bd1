import { useRef, useState } from "preact/hooks";
import { send } from "../api/client";
import { lacks } from "../api/session";
import type { List, Node } from "../api/types";
import { freeName, inOrder, nodeWord, workerCommand, type JoinToken } from "../format/nodes";
import { bytes, plural } from "../format/numbers";
import { useResource } from "../store/resource";
import { Dialog } from "../ui/confirm";
import { Field } from "../ui/Field";
import { Button, Copy, Empty, Head, Labels, Shown, Slots, State, Text, Time } from "../ui/parts";
import { NodeActions } from "../ui/NodeActions";
import { act } from "../ui/toast";

/** The worker nodes. The page opens with the worst state first; then each node keeps its row, so that no button moves away from the pointer. */
export default function Nodes() {
  const nodes = useResource<List<Node>>("/nodes", 3_000);
  const [adding, setAdding] = useState(false);
  const shown = useRef<string[]>([]);
  const sorted = inOrder(nodes.data?.items ?? [], shown.current);
  shown.current = sorted.map(({ id }) => id);
  const ready = sorted.filter((node) => node.state === "ready" || node.state === "busy");
  const slots = ready.reduce((sum, node) => sum + node.slots, 0);
  const running = ready.reduce((sum, node) => sum + node.running, 0);
  return (
    <>
      <Head title="Nodes" actions={<Button kind="main" icon="plus" onClick={() => setAdding(true)}>Add a worker</Button>}>{nodes.data && `${plural(ready.length, "node")} ready, ${running} of ${plural(slots, "slot")} taken`}</Head>
      {adding && <Adding taken={shown.current} close={() => setAdding(false)} />}
      <section class="panel"><Shown of={nodes}>{(data) => data.items.length === 0
        ? <Empty title="No node has registered"><p>Start a worker, here or on another machine.</p><Button kind="main" onClick={() => setAdding(true)}>Show its command</Button></Empty>
        : <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Node</th><th>Slots</th><th class="num">Load</th><th class="num">Memory</th><th>Last report</th><th class="if-wide">Version</th><th>Labels</th><th /></tr></thead>
          <tbody>{sorted.map((node) => (
            <tr key={node.id}><td title={nodeWord(node)}><State name={node.state} word={<Words of={nodeWord(node)} />} /></td><td class="name"><a href={`/ui/nodes/${encodeURIComponent(node.id)}`}><Text>{node.id}</Text></a></td>
              <td class="boxes"><Slots node={node} /></td><td class="num" data-label="load">{node.load.toFixed(2)}</td><td class="num">{bytes(node.memoryBytes)}</td><td data-label="seen"><Time at={node.lastReportAt} age /></td>
              <td class="soft if-wide"><Text>{node.version}</Text></td><td class="wraps"><Labels of={node.labels} /></td><td class="right words"><NodeActions node={node} /></td></tr>))}
          </tbody></table></div>}</Shown></section>
    </>
  );
}

/** A state in words; the part after the colon is shown only in a wide window. */
function Words({ of }: { of: string }) {
  const [state, more] = of.split(":");
  return <span>{state}{more && <span class="if-wide">:{more}</span>}</span>;
}

/** Shows the command that starts a worker, with a token to join if its reader may have one. */
function Adding({ taken, close }: { taken: string[]; close: () => void }) {
  const [name, setName] = useState(() => freeName(taken));
  const [slots, setSlots] = useState("4");
  const [labels, setLabels] = useState("");
  const [master, setMaster] = useState(`${window.location.hostname}:50051`);
  const [token, setToken] = useState<JoinToken | null>(null);
  const admin = lacks("admin");
  const line = workerCommand({ master, name, slots, labels }, token);
  const join = async () =>
    setToken(await act("A token was made", () => send<JoinToken>("POST", "/nodes/tokens", name ? { node: name } : {})));
  return <Dialog title="Add a worker" close={close} once={token !== null}>
    <div class="fields"><Field title="Name" value={name} set={(text) => { setName(text); setToken(null); }} /><Field title="Slots" value={slots} set={setSlots} inputMode="numeric" hint="How many tasks run at once" /></div>
    <Field title="Service" value={master} set={setMaster} hint="Where the worker reaches the service: the address after grpc in the first lines that the service printed" />
    <Field title="Labels" value={labels} set={setLabels} placeholder="gpu=a100 zone=a" />
    <p>Run this on the worker's machine, in the folder of the sources:</p>
    <pre class="wrap">{line}</pre>
    <p class="soft small">{token ? <>The token is for one worker, until <Time at={token.expiresAt} />, and is not shown again.</> : "On another machine, a worker needs a token to join."}</p>
    <div class="actions end"><Button disabled={!!admin} title={admin} onClick={join}>{token ? "Another token" : "With a join token"}</Button><Copy text={line} label="Copy the command" /><Button kind="main" onClick={close}>Done</Button></div>
  </Dialog>;
}
