import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { change, now, pathOf, send, undoOf } from "../api/client";
import { lacks } from "../api/session";
import type { Job, List, JobFailure, Task, Why, Workflow, WorkflowNode } from "../api/types";
import { isFinal } from "../api/types";
import { attemptOf, commandOf, cut } from "../format/command";
import { duration, tick } from "../format/time";
import { ranFor } from "../format/course";
import { hrefOf, itemsOf, stateOf, waitsFor } from "../format/workflow";
import { LineView } from "../log/LineView";
import { LogLines } from "../log/lines";
import { setQuery } from "../router";
import { isDark } from "../shell/theme";
import { useResource } from "../store/resource";
import { Bar, Button, Copy, Icon, State, Text } from "./parts";
import { act } from "./toast";

/** One node of a workflow beside the picture: what it is, why it waits or failed, the end of its output, and what can be done. */
export function NodePanel({ node, workflow }: { node: WorkflowNode; workflow: Workflow }) {
  tick.value;
  const submit = lacks("submit");
  const isOpen = workflow.state === "running" && workflow.cancelRequestedAt === null;
  const again = node.state === "failed" || node.state === "cancelled";
  const retry = () => isOpen
    ? act(`${node.name} runs again`, () => change(`/tasks/${node.task}/retry`), undefined, undoOf)
    : act("The failed part runs again", () => send("POST", `/workflows/${workflow.id}/retry`));
  const took = duration(ranFor(node, now()));
  const box = useRef<HTMLElement>(null);
  // In a narrow window it is below the picture.
  useEffect(() => { if (window.innerWidth < 1_100) box.current?.scrollIntoView({ block: "nearest" }); }, []);
  return (
    <aside ref={box} class="panel node-panel" aria-label={`Node ${node.name}`}>
      <header><h2><Text>{node.name}</Text></h2><Button kind="bare" icon="close" label="Close" onClick={() => setQuery({ focus: null })} /></header>
      <div class="body">
        <p><State name={node.state} word={stateOf(node)} />{took && <span class="soft"> {node.endedAt ? `after ${took}` : `for ${took}`}</span>}{node.mayFail && <span class="soft"> · may fail</span>}</p>
        {node.after.length > 0 && <p class="soft small">waits for {waitsFor(node.after, 8)}</p>}
        {node.elements && <p class="soft">{node.detail ?? itemsOf(node)}</p>}
        {node.job ? <OfJob id={node.job} /> : <OfTask node={node} />}
        <div class="actions">
          {again && <Button icon="retry" kind={isOpen ? "main" : undefined} disabled={!!submit} title={submit ?? (isOpen ? "This node runs again; those that wait for it wait again" : "What failed, was cancelled or was skipped runs again")} onClick={retry}>
            {isOpen ? "Retry this node" : "Retry the failed part"}</Button>}
          <a class="button" href={hrefOf(node)}>{node.job ? "Open the job" : "Open the task"}</a>
        </div>
      </div>
    </aside>
  );
}

function OfTask({ node }: { node: WorkflowNode }) {
  const task = useResource<Task>(`/tasks/${node.task}`, 3_000).data;
  const waits = node.state === "queued" || node.state === "scheduled";
  const why = useResource<Why>(waits ? `/tasks/${node.task}/why` : null, 5_000).data;
  if (!task)
    return null;
  const command = commandOf(task.spec);
  return <>
    {command && <div class="command"><code title={cut(command, 2_000)}><Text>{cut(command, 200)}</Text></code><Copy text={command} label="Copy the command" /></div>}
    <p class="soft small">{task.attempt > 0 && `attempt ${attemptOf(task)}`}{task.node && <> on <a href={`/ui/nodes/${encodeURIComponent(task.node)}`}><Text>{task.node}</Text></a></>}</p>
    {why && why.reasons.length > 0 && <p><Icon name="queued" /> <Text>{why.reasons.map((reason) => reason.detail).join(" ")}</Text></p>}
    <Tail task={task} />
  </>;
}

const mostLines = 200;

/** The end of a task's output as its record has it, one stream after the other. Follows new output until the reader scrolls up. */
function Tail({ task }: { task: Task }) {
  const lines = useMemo(() => {
    const log = new LogLines();
    // The end of stdout comes before that of stderr, of which there are at most 4 KiB.
    const bytes = new TextEncoder().encode(task.output.tail);
    const cut = bytes.length - Math.min(4_096, task.output.stderrBytes);
    const isCut = cut <= 0 || bytes[cut - 1] === 10;
    log.feed("stdout", new TextDecoder().decode(bytes.subarray(0, isCut ? Math.max(0, cut) : undefined)));
    if (isCut)
      log.feed("stderr", new TextDecoder().decode(bytes.subarray(Math.max(0, cut))));
    return log.all().slice(-mostLines);
  }, [task.output.tail]);
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (follows.current && box.current)
      box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const scrolled = () => { follows.current = box.current!.scrollHeight - box.current!.scrollTop - box.current!.clientHeight < 24; };
  if (lines.length === 0)
    return <p class="soft">{isFinal(task.state) ? "It wrote nothing." : task.state === "running" ? "It has written nothing yet." : ""}</p>;
  return <div class="tail" ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label="The end of its output">{lines.map((line) => <LineView key={line.no} line={line} wrap found={false} dark={isDark()} times={false} />)}</div>;
}

function OfJob({ id }: { id: string }) {
  const job = useResource<Job>(`/jobs/${id}`, 3_000).data;
  const failures = useResource<List<JobFailure>>(job && job.itemsFailed > 0 ? pathOf(`/jobs/${id}/failures`, { limit: 3 }) : null, 10_000).data;
  return job && <>
    {job.percent !== null && <p class="progress"><Bar value={job.percent} most={100} state={job.state} label={`${job.percent} percent`} /> <span class="small soft">{Math.floor(job.percent)} %</span></p>}
    {failures?.items.map((failure, i) => <p key={i} class="mono"><Text>{`${failure.value ?? ""} ${failure.message}`}</Text></p>)}</>;
}
