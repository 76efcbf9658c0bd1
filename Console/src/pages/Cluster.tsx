import { useState } from "preact/hooks";
import { pathOf } from "../api/client";
import type { Cluster as ClusterRecord, Grain, GrainType, List, SiloDetail } from "../api/types";
import { bytes, plural } from "../format/numbers";
import { shows } from "../format/series";
import { place, setQuery } from "../router";
import { useResource } from "../store/resource";
import { Charts, type Plan } from "../ui/Charts";
import { Empty, Facts, Head, Shown, State, Text, Time } from "../ui/parts";

const windows: [string, string][] = [["10s", "10 s"], ["1m", "1 min"], ["5m", "5 min"]];

const plans: Plan[] = [
  { title: "Calls of grains", unit: "rate", lines: [["grain.calls", "calls", "running"], ["grain.failures", "failures", "failed"]] },
  { title: "Slowest calls", unit: "time", lines: [["grain.p99", "99 % of calls", "running"]] },
  { title: "Commits", unit: "time", empty: "Nothing was committed in this time", lines: [["commit.p99", "99 % of commits", "queued"]] },
];

/** The cluster: its silos, the store, and what its grains do. */
export default function Cluster() {
  const cluster = useResource<ClusterRecord>("/cluster", 10_000);
  return (
    <Shown of={cluster} page="Cluster">{(data) => (
      <>
        <Head title="Cluster" actions={<a class="button" href="/dashboard" target="_blank" rel="noreferrer">Orleans Dashboard</a>}>
          {plural(data.silos.length, "silo")}</Head>
        <section class="panel"><div class="body"><Facts of={[
          ["Store", <State name={data.store.health === "healthy" ? "succeeded" : "failed"} word={`${data.store.kind}: ${data.store.health}`} />],
          ["Versions", versionsOf(data)], ["Orleans", data.versions.engine], [".NET", data.versions.runtime]]} /></div></section>
        <Charts plans={plans} />
        <section class="panel"><header><h2>Silos</h2></header><div class="wide"><table class="stack"><thead><tr><th>State</th><th>Silo</th><th>Version</th><th>Queues</th><th class="num">Processors</th><th class="num">Memory</th>
          <th class="num">GC pause</th><th class="num">Waiting</th><th>Since</th></tr></thead>
          <tbody>{data.silos.map((silo) => <Silo key={silo.name} {...silo} />)}</tbody></table></div></section>
        <Grains />
      </>)}</Shown>
  );
}

/** One version, or those that silos and this gateway have during an upgrade. */
function versionsOf({ silos, versions }: ClusterRecord) {
  const all = [...new Set([versions.service, ...silos.map((silo) => silo.version).filter((version) => version !== null)])].sort();
  return all.length === 1 ? versions.service : <State name="failed" word={`${all.join(", ")}; this gateway is ${versions.service}`} />;
}

function Silo({ name, state, version, queues, queueCount }: ClusterRecord["silos"][number]) {
  const { data } = useResource<SiloDetail>(`/cluster/silos/${encodeURIComponent(name)}`, 5_000);
  return <tr><td><State name={state === "Active" ? "ready" : "lost"} word={state} /></td><td class="name"><Text>{name}</Text></td>
    <td class="soft" data-label="version"><Text>{version ?? ""}</Text></td>
    <td data-label="queues">{queues && queueCount !== null && <Owned queues={queues} count={queueCount} />}</td><td class="num" data-label="processors">{data?.cpu?.toFixed(2) ?? ""}</td><td class="num">{bytes(data?.memoryBytes)}</td>
    <td class="num" data-label="pause">{data && data.gcPauseP99Ms !== null ? shows.time(data.gcPauseP99Ms) : ""}</td><td class="num" data-label="waiting">{data?.pending ?? ""}</td>
    <td data-label="since">{data && <Time at={data.since} age />}</td></tr>;
}

/** The queues that a silo owns: a few with links, all that are known on demand. */
function Owned({ queues, count }: { queues: string[]; count: number }) {
  const [all, setAll] = useState(false);
  const shown = all ? queues : queues.slice(0, 3);
  return <>{shown.map((queue, no) => <>{no > 0 && ", "}<a href={`/ui/queues/${queue}`}>{queue}</a></>)}
    {shown.length < queues.length && <> <button type="button" class="button bare" onClick={() => setAll(true)}>and {count - shown.length} more</button></>}
    {all && count > queues.length && <> and {count - queues.length} more</>}</>;
}

function Grains() {
  const [open, setOpen] = useState<string | null>(null);
  const chosen = windows.find(([name]) => name === place.value.query.get("window"))?.[0] ?? "1m";
  const grains = useResource<List<GrainType>>(pathOf("/cluster/grains", { window: chosen }), 5_000);
  return (
    <section class="panel"><header><h2>Grains</h2><div class="choices" role="group" aria-label="Time counted">{windows.map(([name, title]) =>
      <button type="button" key={name} aria-pressed={name === chosen} onClick={() => setQuery({ window: name === "1m" ? null : name })}>{title}</button>)}</div></header>
      <Shown of={grains}>{(data) => data.items.length === 0 ? <Empty title="No grain is in memory" /> : (
        <div class="wide"><table class="stack" data-rows><thead><tr><th>Type</th><th class="num">Active</th><Headings /></tr></thead>
          <tbody>{data.items.map((grain) => <>
            <tr key={grain.type}><td class="name"><button type="button" class="button bare" aria-expanded={open === grain.type} onClick={() => setOpen(open === grain.type ? null : grain.type)}>{grain.type}</button></td>
              <td class="num" data-label="active">{grain.active}</td><Figures of={grain} /></tr>
            {open === grain.type && <Methods type={grain.type} window={chosen} />}</>)}
          </tbody></table></div>)}</Shown></section>
  );
}

function Methods({ type, window }: { type: string; window: string }) {
  const { data } = useResource<Grain>(pathOf(`/cluster/grains/${encodeURIComponent(type)}`, { window }), 5_000);
  return <>{data?.methods.map((method) => <tr key={method.method} class="part"><td class="name">{method.method}</td><td /><Figures of={method} /></tr>)}</>;
}

const Headings = () => <><th class="num">Calls/s</th><th class="num">Failures/s</th><th class="num">50 %</th><th class="num">99 %</th><th class="num">Longest</th></>;

const Figures = ({ of }: { of: Omit<GrainType, "type" | "active"> }) => <>
  <td class="num" data-label="calls/s">{number(of.callsPerSecond)}</td><td class="num" data-label="failures/s">{of.failuresPerSecond > 0 ? <span class="state failed">{number(of.failuresPerSecond)}</span> : "0"}</td>
  {([["50 %", of.p50Ms], ["99 %", of.p99Ms], ["longest", of.maxMs]] as const).map(([name, value]) => <td class="num" key={name} data-label={name}>{of.callsPerSecond > 0 ? shows.time(value) : ""}</td>)}</>;

const number = (value: number): string => value === 0 ? "0" : value < 0.05 ? "< 0.1" : value < 10 ? value.toFixed(1) : Math.round(value).toString();
