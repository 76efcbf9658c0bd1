import { useEffect, useRef, useState } from "preact/hooks";
import { send } from "../api/client";
import { jsonOf } from "../api/json";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { Definition as DefinitionRecord, DefinitionRun, DefinitionVersion, List, Parameter, PrintedChoices, StartedRun } from "../api/types";
import { actorOf } from "../format/audit";
import { type Typed, begin, choicesOf, definitionPage, hasLines, hintOf, inputOf, isPrinted, leftOut, limitsOf, mostSearched, noteOf, runPage, valuesOf } from "../format/definition";
import { plainly } from "../format/hostile";
import { go, place, setQuery } from "../router";
import { type Pages, usePages } from "../store/pages";
import { useResource } from "../store/resource";
import { Star } from "../ui/Favourites";
import { type Faults, Choice, Field, faultsAt } from "../ui/Field";
import { FileChoice } from "../ui/FilesField";
import { useOnce } from "../ui/once";
import { More } from "../ui/More";
import { Button, Empty, Facts, Head, ProblemBox, Shown, State, Text, Time } from "../ui/parts";
import { act } from "../ui/toast";

/** The most runs that one call lists. */
const mostRuns = 200;

/** One definition: the form that runs it, its runs, and its versions. */
export default function Definition({ name }: { name: string }) {
  const path = `/definitions/${encodeURIComponent(name)}`;
  const shown = useResource<DefinitionRecord>(path, 15_000);
  const versions = useResource<List<DefinitionVersion>>(`${path}/history?limit=20`, 60_000);
  const runs = usePages<DefinitionRun>(`${path}/runs`, { limit: 50 }, 5_000, (one) => one.id, mostRuns);
  const { again, isMissing } = useAgain(runs);
  return (
    <Shown of={shown} page="Definition" back={["/ui/definitions", "Definitions"]}>{(found) => (
      <>
        <Head title={<Text>{found.name}</Text>} name={plainly(found.name)} back={["/ui/definitions", "Definitions"]} actions={<Star name={found.name} words />}><Text>{found.description}</Text></Head>
        <div class="grid uneven">
          <div>
            <RunForm key={`${again?.id ?? ""} ${jsonOf(found.parameters)}`} of={found} again={again} isMissing={isMissing} />
            <section class="panel"><header><h2>Runs</h2></header><Shown of={runs.first}>{() => runs.items.length === 0 ? <Empty title="It has not run yet" /> : (
              <div class="wide"><table class="stack" data-rows><thead><tr><th>State</th><th>Started</th><th>By</th><th>Values</th><th class="num">Version</th><th /></tr></thead><tbody>{runs.items.map((one) => (
                <tr key={one.id}><td><a href={runPage(one)}><State name={one.state ?? "gone"} /></a></td><td><Time at={one.startedAt} age /></td>
                  <td><Text>{actorOf(one.startedBy)}</Text></td><td class="wraps"><Text>{textOf(one)}</Text></td>
                  <td class="num" data-label="version">{one.version}</td><td class="right"><Button icon="retry" onClick={() => { setQuery({ again: one.id }, false); window.scrollTo(0, 0); }}>Run again</Button></td></tr>))}</tbody></table>
                <More of={runs} /></div>)}</Shown></section>
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

/** Finds the run that the address names, whose values fill the form. Reads older pages of runs until it finds the run, up to a maximum. */
function useAgain(runs: Pages<DefinitionRun>): { again: DefinitionRun | null; isMissing: boolean } {
  const id = place.value.query.get("again");
  // Keep the run once found: the form must not start over when the run leaves the list.
  const held = useRef<DefinitionRun | null>(null);
  const found = id === null ? null : held.current?.id === id ? held.current : runs.items.find((one) => one.id === id) ?? null;
  held.current = found;
  const isOlder = id !== null && found === null && runs.hasMore && runs.items.length < mostSearched;
  useEffect(() => { if (isOlder) void runs.more(); }, [isOlder, runs.items.length]);
  return { again: found, isMissing: id !== null && found === null && runs.first.data !== null && !isOlder };
}

const textOf = (run: DefinitionRun): string =>
  Object.entries((run.parameters ?? {}) as Record<string, unknown>).map(([name, value]) => `${name}=${String(value)}`).join("  ");

/** The form made from the parameters, filled in as an earlier run was. */
function RunForm({ of, again, isMissing }: { of: DefinitionRecord; again: DefinitionRun | null; isMissing: boolean }) {
  const parameters = of.parameters as Parameter[];
  // Reading the choices takes longer than the definition, so the form is there before them.
  const printed = useResource<DefinitionRecord>(parameters.some(isPrinted) ? `/definitions/${encodeURIComponent(of.name)}?choices=true` : null, 15_000);
  const choicesFor = (one: Parameter) => printed.data?.choices?.find((source) => source.definition === one.choicesFrom) ?? null;
  const [typed, setTyped] = useState<Typed>(() => begin(parameters, (again?.parameters ?? {}) as Record<string, unknown>));
  const [fault, setFault] = useState<Problem | null>(null);
  const [once, isBusy] = useOnce();
  const [uploads, setUploads] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  // The field that the reader has to change first.
  useEffect(() => { if (fault) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(); }, [fault]);
  const refused = lacks("submit") && lacks("run");
  const gone = again ? leftOut(parameters, (again.parameters ?? {}) as Record<string, unknown>) : [];
  const submit = () => once(async () => {
    if (uploads > 0)
      return;
    setFault(null);
    try {
      const started = await send<StartedRun>("POST", `/definitions/${encodeURIComponent(of.name)}/runs`, { parameters: valuesOf(parameters, typed) });
      await act(`${of.name} started`, async () => {});
      go(runPage(started));
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
  });
  const set = (name: string) => (value: string) => setTyped((known) => ({ ...known, [name]: value }));
  return (
    <section class="panel"><header><h2>{again ? "Run again" : "Run"}</h2>{again && <Button onClick={() => setQuery({ again: null }, false)}>Start over</Button>}</header><form ref={form} class="body" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {fault && <ProblemBox problem={fault} />}
      {again && <p class="soft small">With the values of the run <Time at={again.startedAt} age />{again.version !== of.version && `, which was version ${again.version}`}.
        {gone.length > 0 && <> Left out, because this version does not have them: <Text>{gone.join(", ")}</Text>.</>}</p>}
      {isMissing && <p class="soft small">This run is not in the list of runs, so the form starts without its values.</p>}
      {parameters.map((one) => <Input key={one.name} of={one} value={typed[one.name] ?? ""} set={set(one.name)} faults={faultsAt(fault, `parameters.${one.name}`)} printed={choicesFor(one)} problem={printed.problem}
        uploads={(more) => setUploads((known) => known + more)} />)}
      {parameters.length === 0 && <p class="soft">This definition has no parameters.</p>}
      {parameters.some((one) => one.secret) && <p class="soft small">Secret values are never shown again, and left out of "Run again".</p>}
      <div class="actions end"><Button type="submit" kind="main" disabled={!!refused || isBusy || uploads > 0} title={refused ?? (uploads > 0 ? "A file is being sent" : undefined)}>Run it</Button></div>
    </form></section>
  );
}

/** Where the choices of a parameter come from, and what to do if there are none. */
function Source({ of, printed, problem }: { of: string; printed: PrintedChoices | null; problem: Problem | null }) {
  const link = lacks("read") ? <Text>{of}</Text> : <a href={definitionPage(of)}><Text>{of}</Text></a>;
  if (!printed)
    return <p class="soft small">{problem ? <>The choices cannot be read: <Text>{problem.message}</Text></> : <>Reading the choices…</>}</p>;
  if (printed.values.length === 0)
    return <p class="soft small">This parameter <Text>{printed.problem}</Text>. Once {link} has succeeded, its lines appear here.</p>;
  return <p class="soft small">Printed by {link} <Time at={printed.printedAt} age />. {noteOf(printed)}</p>;
}

/** The field of a parameter. */
function Input({ of, value, set, faults, printed, problem, uploads }: {
  of: Parameter; value: string; set: (text: string) => void; faults?: Faults; printed: PrintedChoices | null; problem: Problem | null; uploads: (more: 1 | -1) => void;
}) {
  const choices = choicesOf(of, printed?.values, value);
  const [isLong, setLong] = useState(() => hasLines(of, value));
  const common = { title: of.required ? plainly(of.name) : `${plainly(of.name)} (optional)`, value, set, hint: plainly(hintOf(of)), faults };
  if (choices)
    return <><Choice {...common} required={of.required} of={choices.map(([word, words]) => [word, plainly(words)])} />
      {isPrinted(of) && <Source of={of.choicesFrom!} printed={printed} problem={problem} />}</>;
  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (isLong || !hasLines(of, text))
      return;
    event.preventDefault();
    const { selectionStart, selectionEnd } = event.currentTarget as HTMLInputElement;
    set(value.slice(0, selectionStart ?? value.length) + text + value.slice(selectionEnd ?? value.length));
    setLong(true);
  };
  return <><Field {...common} onPaste={paste} {...isLong ? { rows: 6 } : { type: inputOf(of) }} {...limitsOf(of)} />
    {of.type === "file" && <FileChoice label={`Choose a file for ${plainly(of.name)}`} set={set} uploads={uploads} />}</>;
}
