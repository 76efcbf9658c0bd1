import { useState } from "preact/hooks";
import { send } from "../api/client";
import { jsonOf } from "../api/json";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { Definition as DefinitionRecord, DefinitionRun, DefinitionVersion, List, Parameter, StartedRun } from "../api/types";
import { actorOf } from "../format/audit";
import { type Typed, begin, hintOf, inputOf, runPage, valuesOf } from "../format/definition";
import { plainly } from "../format/hostile";
import { go } from "../router";
import { usePages } from "../store/pages";
import { useResource } from "../store/resource";
import { type Faults, Choice, FaultList, Field } from "../ui/Field";
import { FileChoice } from "../ui/FilesField";
import { Button, Empty, Facts, Head, ProblemBox, Shown, State, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";

/** One definition: the form that runs it, its runs, and its versions. */
export default function Definition({ name }: { name: string }) {
  const path = `/definitions/${encodeURIComponent(name)}`;
  const shown = useResource<DefinitionRecord>(path, 15_000);
  const versions = useResource<List<DefinitionVersion>>(`${path}/history?limit=20`, 60_000);
  const runs = usePages<DefinitionRun>(`${path}/runs`, { limit: 50 }, 5_000, (one) => one.id);
  const [again, setAgain] = useState<DefinitionRun | null>(null);
  return (
    <Shown of={shown} page="Definition" back={["/ui/definitions", "Definitions"]}>{(found) => (
      <>
        <Head title={<Text>{found.name}</Text>} name={plainly(found.name)} back={["/ui/definitions", "Definitions"]}><Text>{found.description}</Text></Head>
        <div class="grid uneven">
          <div>
            <RunForm key={`${again?.id ?? ""} ${found.version}`} of={found} again={again} />
            <section class="panel"><header><h2>Runs</h2></header><Shown of={runs.first}>{() => runs.items.length === 0 ? <Empty title="It has not run yet" /> : (
              <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Started</th><th>By</th><th>Values</th><th class="num">Version</th><th /></tr></thead><tbody>{runs.items.map((one) => (
                <tr key={one.id}><td><a href={runPage(one)}><State name={one.state ?? "gone"} /></a></td><td><Time at={one.startedAt} age /></td>
                  <td><Text>{actorOf(one.startedBy)}</Text></td><td class="wraps"><Text>{textOf(one)}</Text></td>
                  <td class="num" data-label="version">{one.version}</td><td class="right"><Button icon="retry" onClick={() => { setAgain(one); window.scrollTo(0, 0); }}>Run again</Button></td></tr>))}</tbody></table>
                {runs.hasMore && <div class="more"><Button onClick={runs.more}>Show more</Button></div>}</div>)}</Shown></section>
          </div>
          <div>
            <section class="panel"><header><h2>What a run starts</h2></header><div class="body">
              <Facts of={[["Kind", found.kind], ["Version", String(found.version)], ["Changed", <Time at={found.changedAt} />], ["By", found.changedBy && <Text>{actorOf(found.changedBy)}</Text>], ["Reason", found.reason && <Text>{found.reason}</Text>]]} />
              <pre><Text>{jsonOf(found[found.kind], 2)}</Text></pre></div></section>
            <section class="panel"><header><h2>Versions</h2></header><Shown of={versions} rows={2}>{(data) => (
              <div class="wide"><table><tbody>{data.items.map((one) => (
                <tr key={one.version}><td class="num">{one.version}</td><td><Time at={one.changedAt} /></td><td><Text>{actorOf(one.changedBy)}</Text></td><td class="wraps"><Text>{one.reason}</Text></td></tr>))}</tbody></table></div>)}</Shown></section>
          </div>
        </div>
      </>)}</Shown>
  );
}

const textOf = (run: DefinitionRun): string =>
  Object.entries((run.parameters ?? {}) as Record<string, unknown>).map(([name, value]) => `${name}=${String(value)}`).join("  ");

/** The form made from the parameters, filled in as an earlier run was. */
function RunForm({ of, again }: { of: DefinitionRecord; again: DefinitionRun | null }) {
  const parameters = of.parameters as Parameter[];
  const [typed, setTyped] = useState<Typed>(() => begin(parameters, (again?.parameters ?? {}) as Record<string, unknown>));
  const [fault, setFault] = useState<Problem | null>(null);
  const refused = lacks("submit") && lacks("run");
  const faults = (name: string): Faults | undefined => {
    const path = `parameters.${name}`;
    return fault?.errors[path]?.map((message) => [path, message]);
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setFault(null);
    try {
      const started = await send<StartedRun>("POST", `/definitions/${encodeURIComponent(of.name)}/runs`, { parameters: valuesOf(parameters, typed) });
      await act(`${of.name} started`, async () => {});
      go(runPage(started));
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  };
  const set = (name: string) => (value: string) => setTyped((known) => ({ ...known, [name]: value }));
  return (
    <section class="panel"><header><h2>{again ? "Run again" : "Run"}</h2></header><form class="body" onSubmit={submit}>
      {fault && <ProblemBox problem={fault} />}
      {parameters.map((one) => one.type === "choice" || one.type === "boolean"
        ? <div key={one.name}><Choice title={titleOf(one)} value={typed[one.name] ?? ""} set={set(one.name)} hint={plainly(hintOf(one))}
            of={[...(one.required ? [] : [["", "–"] as [string, string]]), ...(one.type === "boolean" ? ["true", "false"] : one.choices ?? []).map((word) => [word, plainly(word)] as [string, string])]} /><FaultList of={faults(one.name)} /></div>
        : <div key={one.name}><Field title={titleOf(one)} value={typed[one.name] ?? ""} set={set(one.name)} hint={plainly(hintOf(one))} faults={faults(one.name)} type={inputOf(one)}
            required={one.required && (one.type ?? "text") !== "text"} inputMode={one.type === "number" || one.type === "integer" ? "decimal" : undefined} />
          {one.type === "file" && <FileChoice label={`Choose a file for ${plainly(one.name)}`} set={set(one.name)} />}</div>)}
      {parameters.some((one) => one.secret) && <p class="soft small">Secret values are never shown again, and left out of "Run again".</p>}
      <div class="actions end"><Button type="submit" kind="main" disabled={!!refused} title={refused}>Run it</Button></div>
    </form></section>
  );
}

const titleOf = (parameter: Parameter): string => parameter.required ? plainly(parameter.name) : `${plainly(parameter.name)} (optional)`;
