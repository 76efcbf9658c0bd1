import { useEffect, useState } from "preact/hooks";
import { send } from "../api/client";
import { lacks } from "../api/session";
import type { List, RolloutGroup, RolloutNode, RolloutNodeState, Rollout as Record } from "../api/types";
import { tasksUrl } from "../format/filters";
import { plainly } from "../format/hostile";
import { compact, plural } from "../format/numbers";
import { place, setQuery } from "../router";
import { moreSize, usePages } from "../store/pages";
import { useResource } from "../store/resource";
import { confirm, confirmWhy } from "../ui/confirm";
import { More } from "../ui/More";
import { Button, Copy, Empty, Facts, Head, Labels, Shown, State, Text, Time } from "../ui/parts";
import { Counts } from "../ui/Shares";
import { act } from "../ui/toast";

const nodeStates: RolloutNodeState[] = ["failed", "open", "away", "pending", "succeeded"];
const mostNamed = 20;

/** One rollout: its waves, its nodes by state, what their commands wrote, and what can be done. */
export default function Rollout({ id }: { id: string }) {
  // After its end, the rollout is read less often.
  const [period, setPeriod] = useState(3_000);
  const shown = useResource<Record>(`/rollouts/${encodeURIComponent(id)}`, period);
  const ended = shown.data !== null && shown.data.endedAt !== null;
  useEffect(() => setPeriod(ended ? 30_000 : 3_000), [ended]);
  return <Shown of={shown} page="Rollout" back={["/ui/rollouts", "Rollouts"]}>{(rollout) => <Found rollout={rollout} period={period} />}</Shown>;
}

function Found({ rollout, period }: { rollout: Record; period: number }) {
  const command = rollout.task?.cmd ?? rollout.task?.argv?.join(" ") ?? "";
  return (
    <>
      <Head title={<Text>{rollout.name}</Text>} name={`${rollout.state}: ${plainly(rollout.name)}`} back={["/ui/rollouts", "Rollouts"]} actions={<Actions rollout={rollout} />}>
        <State name={rollout.state} />
        {rollout.nextWaveAt && <> · the next wave begins <Time at={rollout.nextWaveAt} age /></>}
        {rollout.cancelRequestedAt && rollout.state === "running" && <> · asked to end <Time at={rollout.cancelRequestedAt} age /></>}
      </Head>
      <section class="panel"><header><h2>Waves</h2><span class="soft">{waveOf(rollout)}</span></header><div class="body">
        <p>{rollout.waves?.map((wave, i) => <span key={i}>{i > 0 && " → "}{i + 1 === rollout.wave ? <b>{wave}</b> : <span class="soft">{wave}</span>}</span>)}</p>
        <NodeCounts of={rollout.nodes} />
        {rollout.state === "halted" && <p>More nodes failed than the rollout allows ({rollout.maxFailed}). Nothing more is started until someone decides.</p>}
      </div></section>
      <Output id={rollout.id} period={period * 2} />
      <Nodes rollout={rollout} period={period} />
      <section class="panel"><header><h2>About</h2></header><div class="body"><Facts of={[
        ["Id", <><code>{rollout.id}</code> <Copy text={rollout.id} label="Copy the id" /></>],
        ["Command", <code><Text>{command}</Text></code>],
        ["Selection", rollout.select && Object.keys(rollout.select).length > 0 ? <Labels of={rollout.select} /> : "all nodes"],
        ["May fail", rollout.maxFailed], ["Pause", rollout.pause], ["Catch-up", rollout.catchUp],
        ["Queue", <a href={`/ui/queues/${rollout.queue}`}>{rollout.queue}</a>],
        ["Tasks", <a href={tasksUrl({ label: [`rollout=${rollout.id}`] })}>All its tasks</a>],
        ["Created", <Time at={rollout.createdAt} />], ["Ended", rollout.endedAt && <Time at={rollout.endedAt} />],
      ]} /></div></section>
    </>
  );
}

const waveOf = (rollout: Record): string => rollout.waves ? `Wave ${rollout.wave} of ${rollout.waves.length}` : `Wave ${rollout.wave}`;

function Actions({ rollout }: { rollout: Record }) {
  const operate = lacks("operate");
  const { failed } = rollout.nodes;
  const isEnding = rollout.cancelRequestedAt !== null;
  const path = `/rollouts/${rollout.id}`;
  const retry = async () => {
    if (await confirm({ title: `Run the command again on ${plural(failed, "node")}?`, action: "Run again", typed: failed > 100 ? String(failed) : undefined,
      text: "Nodes that failed and take work get the command once more." }))
      await act("The failed nodes get the command again", () => send("POST", `${path}/retry`));
  };
  const resume = async () => {
    if (await confirm({ title: "Go on in spite of the failures?", action: "Resume", text: `${plural(failed, "node")} failed. The next failures halt the rollout again.` }))
      await act("The rollout goes on", () => send("POST", `${path}/resume`));
  };
  const cancel = async () => {
    const reason = await confirmWhy({ title: "Cancel this rollout?", action: "Cancel the rollout", danger: true, text: "What runs gets SIGTERM, then SIGKILL. Nodes whose turn has not come never get the command." });
    if (reason !== null)
      await act("Asked to end", () => send("POST", `${path}/cancel`, undefined, reason));
  };
  return (
    <>
      {rollout.state === "halted" && <Button kind="main" disabled={!!operate} title={operate} onClick={resume}>Resume</Button>}
      {failed > 0 && !isEnding && <Button icon="retry" disabled={!!operate} title={operate ?? "Run the command once more where it failed"} onClick={retry}>Retry</Button>}
      {rollout.task && <a class="button" href={`/ui/new/rollout?from=${rollout.id}`}>Edit and run</a>}
      {rollout.endedAt === null && !isEnding && <Button kind="danger" disabled={!!operate} title={operate} onClick={cancel}>Cancel</Button>}
    </>
  );
}

/** How many nodes are in each state. */
export function NodeCounts({ of, brief }: { of: Record["nodes"]; brief?: boolean }) {
  return <Counts of={nodeStates.filter((name) => of[name] > 0).map((name) => ({ name, count: of[name] }))} brief={brief} />;
}

/** What the commands wrote, in groups of nodes whose commands ended alike. */
function Output({ id, period }: { id: string; period: number }) {
  const groups = useResource<List<RolloutGroup>>(`/rollouts/${id}/output`, period);
  return <section class="panel"><header><h2>Output</h2><span class="soft">Nodes whose commands ended alike; failures without numbers, ids and times</span></header>
    <Shown of={groups} rows={3}>{({ items }) => items.length === 0 ? <p class="soft body">No command has ended yet.</p>
      : <div class="wide"><table class="stack" data-rows><thead><tr><th class="num">Nodes</th><th>Ended with</th><th>Output</th><th>On</th></tr></thead>
        <tbody>{items.map((group, i) => (
          <tr key={i}><td class="num">{compact(group.count)}</td><td><State name={group.exitCode === 0 ? "succeeded" : "failed"} word={group.exitCode === null ? group.signal ?? group.reason ?? "" : `exit ${group.exitCode}`} /></td>
            <td class="mono wraps"><Text>{group.sample || "nothing"}</Text></td>
            <td class="soft wraps">{group.nodes.slice(0, mostNamed).map((node, at) => <span key={node}>{at > 0 && ", "}<a href={`/ui/nodes/${encodeURIComponent(node)}`}>{node}</a></span>)}
              {group.count > mostNamed && ` and ${group.count - mostNamed} more`}</td></tr>))}
        </tbody></table></div>}</Shown></section>;
}

function Nodes({ rollout, period }: { rollout: Record; period: number }) {
  const state = place.value.query.get("state") ?? "";
  const pages = usePages<RolloutNode>(`/rollouts/${rollout.id}/nodes`, { state, limit: 100 }, period, (node) => node.node);
  const { first, items } = pages;
  return (
    <>
      <div class="chips" role="group" aria-label="State of the nodes">
        <button type="button" class="pick" aria-pressed={!state} onClick={() => setQuery({ state: null })}>All</button>
        {nodeStates.filter((name) => rollout.nodes[name] > 0 || name === state).map((name) => (
          <button type="button" class="pick" key={name} aria-pressed={state === name} onClick={() => setQuery({ state: state === name ? null : name })}>
            <State name={name} /><b>{compact(rollout.nodes[name])}</b></button>))}
      </div>
      <section class="panel">
        <Shown of={first}>{() => items.length === 0
          ? <Empty title="No node is in this state"><Button onClick={() => setQuery({ state: null })}>Show all nodes</Button></Empty>
          : <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Node</th><th>Task</th><th class="num">Tries</th></tr></thead>
            <tbody>{items.map((node) => (
              <tr key={node.node}><td><State name={node.state} word={node.state === "failed" && node.exitCode !== null ? `exit ${node.exitCode}` : node.state} /></td>
                <td class="name"><a href={`/ui/nodes/${encodeURIComponent(node.node)}`}>{node.node}</a></td>
                <td>{node.task && <a href={`/ui/tasks/${node.task}`}>{node.taskState ?? "deleted"}</a>}</td><td class="num">{node.tries}</td></tr>))}
            </tbody></table></div>}</Shown>
        <More of={pages} count={moreSize} />
      </section>
    </>
  );
}
