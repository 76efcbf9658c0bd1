import { useEffect, useRef, useState } from "preact/hooks";
import { get, pathOf, send } from "../api/client";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { List, Task, Workflow, WorkflowNode, WorkflowSpec } from "../api/types";
import { cut, commandOf } from "../format/command";
import { plural } from "../format/numbers";
import { unknownOf } from "../format/graph";
import { type Fault, draftOf, example, faultsOf, graphOf, hadSecrets, linesOf, mostDrawn, readDraft, spansOf, specOf } from "../format/workflow";
import { go, place } from "../router";
import { type Drawn, Graph } from "../ui/Graph";
import { SecretsNote } from "../ui/SecretsNote";
import { useOnce } from "../ui/once";
import { Button, Copy, Empty, Head, Icon, Loading, ProblemBox, Tabs, Text } from "../ui/parts";
import { act } from "../ui/toast";

/** A workflow as JSON, with its picture beside it; what the service refuses is shown at the node that it is about. */
export default function NewWorkflow() {
  const from = place.value.query.get("from");
  const [text, setText] = useState(from ? "" : example);
  const [fault, setFault] = useState<Problem | null>(null);
  const [refused, setRefused] = useState<{ text: string; faults: Fault[] } | null>(null);
  const [tab, setTab] = useState("graph");
  const [secret, setSecret] = useState<string[]>([]);
  // The other workflow's spec would replace what was typed before it came.
  const [isReady, setReady] = useState(!from);
  const [once, isBusy] = useOnce();
  const editor = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (from)
      read(from).then((found) => { setText(draftOf(found.spec)); setSecret(found.secret); }, (thrown) => setFault(Problem.from(thrown))).then(() => setReady(true));
  }, [from]);
  if (!isReady)
    return <Loading />;
  const draft = readDraft(text);
  const spec = "spec" in draft ? draft.spec : null;
  // Messages stay until the text is sent again, even though it changes; they are about the nodes as they were then.
  const faults = refused?.faults ?? [];
  const submit = lacks("submit");
  const start = () => once(async () => {
    if (!spec || submit)
      return;
    setFault(null);
    setRefused(null);
    try {
      const workflow = await send<Workflow>("POST", "/workflows", spec);
      await act(`Workflow ${workflow.name} accepted`, async () => {});
      go(`/ui/workflows/${workflow.id}`);
    } catch (thrown) {
      const problem = Problem.from(thrown);
      if (problem && Object.keys(problem.errors).length > 0)
        setRefused({ text, faults: faultsOf(problem.errors, spec) });
      else
        setFault(problem);
    }
  });
  const show = (node: number) => {
    const span = spansOf(text)[node];
    const field = editor.current;
    if (!span || !field)
      return;
    field.focus();
    field.setSelectionRange(span[0], span[1]);
    // As high as the lines above it; the field does not scroll to a selection by itself.
    field.scrollTop = (text.slice(0, span[0]).split("\n").length - 3) * 18;
  };
  const lines = spec && linesOf(spec, window.location.origin);
  return (
    <form onSubmit={(event) => { event.preventDefault(); void start(); }} onKeyDown={(event) => { if (event.ctrlKey && event.key === "Enter") void start(); }}>
      <Head title={from ? "Run again, changed" : "New workflow"} back={["/ui/workflows", "Workflows"]}>
        Up to 10,000 tasks of one queue. A node starts when the nodes in its <code>after</code> have succeeded, or <code>failed</code> or <code>ended</code> if it says so.</Head>
      {fault && <ProblemBox problem={fault} />}
      {secret.length > 0 && <SecretsNote title={<>{secret.length === 1 ? "This node had secrets: " : "These nodes had secrets: "}<Text>{secret.slice(0, mostNamed).join(", ")}</Text>{secret.length > mostNamed && ` and ${secret.length - mostNamed} more`}</>}>
        Add them as <code>secretEnv</code> of the task. Otherwise the new workflow runs without them.</SecretsNote>}
      {faults.length > 0 && <div class="notice bad" role="alert"><Icon name="failed" /><div class="grow"><b>The service refuses it; nothing was accepted</b>
        <ul class="faults">{faults.map((found, i) => <li key={i}>
          {found.node !== null && <b><Text>{found.name}</Text></b>}{found.path && <code><Text>{found.path}</Text></code>}<span class="grow"><Text>{found.text}</Text></span>
          {found.node !== null && text === refused?.text && <Button onClick={() => show(found.node!)}>Show</Button>}</li>)}</ul></div></div>}
      <div class="halves">
        <section class="panel"><header><h2>JSON</h2><Copy text={text} label="Copy the JSON" /></header><div class="body">
          <textarea ref={editor} class="editor" rows={24} aria-label="The workflow as JSON" spellcheck={false} value={text} wrap="off"
            aria-invalid={!spec || faults.length > 0} onInput={(event) => setText(event.currentTarget.value)} />
          {"fault" in draft && text !== "" && <p class="state failed fault-text"><Icon name="failed" /><span><Text>{draft.fault}</Text></span></p>}
          <div class="actions end">
            {text !== example && !from && <Button onClick={() => { setText(example); setRefused(null); }}>Back to the example</Button>}
            <Button type="submit" kind="main" disabled={!spec || !!submit || isBusy} title={submit ?? "Ctrl Enter"}>Start the workflow</Button></div>
        </div></section>
        <section class="panel"><div class="body">
          <Tabs of={[["graph", "Graph"], ["curl", "curl"], ["otask", "otask"]]} chosen={tab} choose={setTab} />
          {tab === "graph" ? <Preview spec={spec} faults={faults} show={show} />
            : lines && <><pre><Text>{lines[tab as "curl" | "otask"]}</Text></pre><Copy text={lines[tab as "curl" | "otask"]} /></>}
        </div></section>
      </div>
    </form>
  );
}

function Preview({ spec, faults, show }: { spec: WorkflowSpec | null; faults: Fault[]; show: (node: number) => void }) {
  const nodes = spec ? graphOf(spec) : [];
  if (nodes.length === 0)
    return <Empty title="No nodes to draw">Nodes need a <code>name</code> and a <code>task</code> or a <code>job</code>.</Empty>;
  if (nodes.length > mostDrawn)
    return <Empty title={plural(nodes.length, "node")}>Up to {mostDrawn} are drawn.</Empty>;
  const places = spec!.nodes.map((node) => node?.name);
  const unknown = unknownOf(nodes);
  return <>{unknown.length > 0 && <div class="notice bad" role="status"><Icon name="warning" /><div class="grow">{unknown.slice(0, 5).map(({ node, missing }, i) => (
    <p key={i}><b><Text>{node}</Text></b> waits for <b><Text>{missing}</Text></b>, but no node is called so.</p>))}</div></div>}
  <Graph nodes={nodes.map((node): Drawn => {
    const index = places.indexOf(node.name);
    const wrong = Math.max(faults.filter((found) => found.name === node.name).length, unknown.filter((found) => found.node === node.name).length);
    const task = spec!.nodes[index]!.task as unknown;
    const command = typeof task === "object" && task !== null ? commandOf(task as { cmd?: string }) : spec!.nodes[index]!.job ? "a data job" : "";
    return {
      ...node, look: wrong > 0 ? "failed" : "", sign: <Icon name={wrong > 0 ? "failed" : "tasks"} />, onClick: () => show(index),
      words: wrong > 0 ? plural(wrong, "fault") : typeof command === "string" ? cut(command, 60) : "",
    };
  })} /></>;
}

const mostNamed = 8;

/** The spec of a workflow as far as the service still has it, without secrets, and the names of the nodes that had secrets. */
async function read(id: string): Promise<{ spec: WorkflowSpec; secret: string[] }> {
  const workflow = await get<Workflow>(`/workflows/${encodeURIComponent(id)}`);
  const nodes = await all<WorkflowNode>(`/workflows/${workflow.id}/nodes`, {});
  const hasItems = nodes.some((node) => node.forEach);
  const tasks = hasItems ? await each(nodes) : await all<Task>("/tasks", { workflow: workflow.id });
  return { spec: specOf(workflow, nodes, new Map(tasks.map((task) => [task.id, task.spec]))), secret: hadSecrets(nodes, tasks) };
}

// The list of a workflow's tasks has those of items too, of which there may be ten thousand.
async function each(nodes: WorkflowNode[]): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let i = 0; i < nodes.length; i += 20)
    tasks.push(...await Promise.all(nodes.slice(i, i + 20).map((node) => get<Task>(`/tasks/${node.task}`))));
  return tasks;
}

async function all<T>(path: string, query: { [name: string]: string }): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: List<T> = await get<List<T>>(pathOf(path, { ...query, limit: 1_000, cursor }));
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}
