import type { ComponentChildren } from "preact";
import { now } from "../api/client";
import type { Task } from "../api/types";
import { isFinal } from "../api/types";
import { commandOf, cut, reasonOf, titleOf } from "../format/command";
import { ranFor } from "../format/course";
import { duration, tick } from "../format/time";
import { remembered } from "../store/remembered";
import { Menu } from "./Menu";
import { Button, Labels, ProgressOf, State, Text, Time } from "./parts";
import { WaitReason } from "./WaitReason";
import { usePart } from "./window";

/** Of so many rows the gateway is asked why they wait. */
const mostAsked = 50;

/** A column beside the state and the task: which can be chosen. */
interface Column { key: string; title: string; look?: "num"; of: (task: Task, waits: boolean) => ComponentChildren }

const columns: Column[] = [
  { key: "why", title: "Why", of: (task, waits) => <>{waits ? <WaitReason task={task} /> : task.state === "running" && task.progress ? <ProgressOf progress={task.progress} /> : task.state === "succeeded" ? "" : reasonOf(task)}{task.quarantined && " · quarantined"}</> },
  { key: "queue", title: "Queue", of: (task) => <Text>{task.queue}</Text> },
  { key: "node", title: "Node", of: (task) => <Text>{task.node}</Text> },
  { key: "try", title: "Try", look: "num", of: (task) => task.attempt > 1 ? task.attempt : "" },
  { key: "priority", title: "Priority", look: "num", of: (task) => task.priority },
  { key: "created", title: "Created", of: (task) => <Time at={task.createdAt} age /> },
  { key: "ended", title: "Ended", of: (task) => task.endedAt && <Time at={task.endedAt} age /> },
  { key: "took", title: "Took", look: "num", of: (task) => duration(ranFor(task, now())) },
  { key: "labels", title: "Labels", of: (task) => <Labels of={task.labels} /> },
];
const briefly = ["why", "queue", "when", "took"];
const usual = ["why", "queue", "node", "try", "created", "took", "labels"];

// What the reader has chosen; empty for the usual ones, of which small windows show fewer.
const chosen = remembered<string>("otask.columns", "");

/** Lets the reader choose the columns of lists of tasks. */
export function ColumnMenu() {
  const shown = chosen.value ? chosen.value.split(",") : usual;
  const flip = (key: string) => chosen.value = columns.map((column) => column.key).filter((one) => one === key ? !shown.includes(key) : shown.includes(one)).join(",");
  return <Menu title="Columns">{columns.map(({ key, title }) => (
    <label key={key}><input type="checkbox" checked={shown.includes(key)} onChange={() => flip(key)} /> {title}</label>))}
    {chosen.value && <Button kind="bare" onClick={() => chosen.value = ""}>The usual ones</Button>}</Menu>;
}

/** Tasks as rows, of a long table those in sight; with `selected`, each can be chosen. `times` says of how many equal tasks each stands. */
export function TaskTable({ tasks, selected, select, brief, times }: {
  tasks: Task[]; selected?: ReadonlySet<string>; select?: (ids: string[], on: boolean) => void; brief?: boolean; times?: number[];
}) {
  const all = tasks.length > 0 && tasks.every((task) => selected?.has(task.id));
  const { body, part } = usePart(tasks.length);
  const keys = brief ? briefly : chosen.value ? chosen.value.split(",") : usual;
  const shown = keys.map((key) => key === "when" ? { ...columns.find((column) => column.key === "created")!, title: "When", of: (task: Task) => <Time at={task.endedAt ?? task.createdAt} age /> }
    : columns.find((column) => column.key === key)).filter((column) => column !== undefined);
  const lookOf = ({ key, look }: Column) => `${look ?? ""}${key === "labels" && !chosen.value ? " if-wide" : ""}`.trim() || undefined;
  return (
    <div class="wide">
      <table class="stack" data-rows aria-rowcount={tasks.length + 1}>
        <thead><tr>
          {select && <th><input type="checkbox" aria-label="Select all that are shown" checked={all} onChange={() => select(tasks.map((task) => task.id), !all)} /></th>}
          <th scope="col">State</th><th scope="col">Task</th>{shown.map((column) => <th scope="col" key={column.key} class={lookOf(column)}>{column.title}</th>)}
        </tr></thead>
        <tbody ref={body}>
          {part.before > 0 && <tr class="gap" key="before" aria-hidden="true" style={{ height: `${part.before}px` }} />}
          {tasks.slice(part.first, part.last).map((task, i) => (
            <Row key={task.id} task={task} no={part.first + i + 2} chosen={selected?.has(task.id)} select={select} brief={brief} shown={shown} lookOf={lookOf} times={times?.[part.first + i] ?? 1} />))}
          {part.behind > 0 && <tr class="gap" key="behind" aria-hidden="true" style={{ height: `${part.behind}px` }} />}
        </tbody>
      </table>
    </div>
  );
}

function Row({ task, no, chosen: isChosen, select, brief, shown, lookOf, times }: {
  task: Task; no: number; chosen?: boolean; select?: (ids: string[], on: boolean) => void; brief?: boolean; shown: Column[]; lookOf: (column: Column) => string | undefined; times: number;
}) {
  if (!isFinal(task.state))
    tick.value;
  // Each of these is a call of its own.
  const waits = !brief && no < mostAsked && (task.state === "queued" || task.state === "scheduled");
  return (
    <tr aria-rowindex={no}>
      {select && <td><input type="checkbox" aria-label={`Select ${task.name}`} checked={isChosen} onChange={() => select([task.id], !isChosen)} /></td>}
      <td><State name={task.state} /></td>
      <td class="name"><a href={`/ui/tasks/${task.id}`} title={cut(commandOf(task.spec), 400)}><Text>{titleOf(task)}</Text></a>{times > 1 && <span class="soft" title={`${times} tasks like this one, the newest is shown`}> × {times}</span>}</td>
      {shown.map((column) => <td key={column.key} class={[lookOf(column), column.key === "why" && (task.state === "failed" ? "state-text failed" : "soft why")].filter(Boolean).join(" ") || undefined}>{column.of(task, waits)}</td>)}
    </tr>
  );
}
