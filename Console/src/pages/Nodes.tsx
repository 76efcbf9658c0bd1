import type { List, Node } from "../api/types";
import { bytes, plural } from "../format/numbers";
import { useResource } from "../store/resource";
import { Copy, Empty, Head, Labels, Shown, Slots, State, Text, Time } from "../ui/parts";
import { NodeActions } from "../ui/NodeActions";

const worst = ["lost", "draining", "busy", "ready", "gone"];
const line = 'make worker ARGS="--master 127.0.0.1:50051 --name w1 --slots 4"';

/** The worker nodes, the worst state first. */
export default function Nodes() {
  const nodes = useResource<List<Node>>("/nodes", 3_000);
  const sorted = [...(nodes.data?.items ?? [])].sort((a, b) => worst.indexOf(a.state) - worst.indexOf(b.state) || a.id.localeCompare(b.id));
  const ready = sorted.filter((node) => node.state === "ready" || node.state === "busy");
  const slots = ready.reduce((sum, node) => sum + node.slots, 0);
  const running = ready.reduce((sum, node) => sum + node.running, 0);
  return (
    <>
      <Head title="Nodes">{nodes.data && `${plural(ready.length, "node")} ready, ${running} of ${plural(slots, "slot")} taken`}</Head>
      <section class="panel"><Shown of={nodes}>{(data) => data.items.length === 0
        ? <Empty title="No node has registered"><p>Start a worker, here or on another machine:</p><pre>{line}</pre><Copy text={line} /></Empty>
        : <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Node</th><th>Slots</th><th class="num">Load</th><th class="num">Memory</th><th>Last report</th><th>Version</th><th>Labels</th><th /></tr></thead>
          <tbody>{sorted.map((node) => (
            <tr key={node.id}><td><State name={node.state} /></td><td class="name"><a href={`/ui/nodes/${encodeURIComponent(node.id)}`}><Text>{node.id}</Text></a></td>
              <td><Slots node={node} /></td><td class="num" data-label="load">{node.load.toFixed(2)}</td><td class="num">{bytes(node.memoryBytes)}</td><td data-label="seen"><Time at={node.lastReportAt} age /></td>
              <td class="soft"><Text>{node.version}</Text></td><td><Labels of={node.labels} /></td><td class="right"><NodeActions node={node} /></td></tr>))}
          </tbody></table></div>}</Shown></section>
    </>
  );
}
