import type { Rollout } from "../api/types";
import { moreSize, usePages } from "../store/pages";
import { More } from "../ui/More";
import { Copy, Empty, Head, NewLink, Shown, State, Text, Time } from "../ui/parts";
import { NodeCounts } from "./Rollout";

const line = "otask rollout start --waves 1,10%,100% 'uname -r'";

/** Rollouts, newest first: the wave that each is in, and its nodes by state. */
export default function Rollouts() {
  const pages = usePages<Rollout>("/rollouts", { limit: 25 }, 5_000, (rollout) => rollout.id);
  const { first, items } = pages;
  return (
    <>
      <Head title="Rollouts" actions={<NewLink href="/ui/new/rollout" scopes={["operate"]}>New rollout</NewLink>}>One command on each of many nodes, by waves.</Head>
      <section class="panel">
        <Shown of={first}>{() => items.length === 0
          ? <Empty title="No rollout yet"><p>This one shows the kernel of each node, first of a single one:</p><pre>{line}</pre><Copy text={line} /><p><a class="button main" href="/ui/new/rollout">Make one here</a></p></Empty>
          : <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Rollout</th><th>Wave</th><th>Nodes</th><th class="if-wide">Queue</th><th>Created</th></tr></thead>
            <tbody>{items.map((rollout) => (
              <tr key={rollout.id}><td><State name={rollout.state} /></td><td class="name roomy"><a href={`/ui/rollouts/${rollout.id}`}><Text>{rollout.name}</Text></a></td>
                <td>{rollout.wave}{rollout.waves && <span class="soft"> of {rollout.waves.length}</span>}</td><td><NodeCounts of={rollout.nodes} brief /></td>
                <td class="if-wide"><Text>{rollout.queue}</Text></td><td><Time at={rollout.createdAt} age /></td></tr>))}
            </tbody></table></div>}</Shown>
        <More of={pages} count={moreSize} />
      </section>
    </>
  );
}
