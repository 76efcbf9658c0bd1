import { now } from "../api/client";
import type { Task } from "../api/types";
import { isFinal } from "../api/types";
import { commandOf, cut, reasonOf, titleOf } from "../format/command";
import { ranFor } from "../format/course";
import { duration, tick } from "../format/time";
import { Labels, State, Text, Time } from "./parts";
import { WaitReason } from "./WaitReason";
import { usePart } from "./window";

/** Of so many rows the gateway is asked why they wait. */
const mostAsked = 50;

/** Tasks as rows, of a long table those in sight; with `selected`, each can be chosen. */
export function TaskTable({ tasks, selected, select, brief }: {
  tasks: Task[]; selected?: ReadonlySet<string>; select?: (ids: string[], on: boolean) => void; brief?: boolean;
}) {
  const all = tasks.length > 0 && tasks.every((task) => selected?.has(task.id));
  const { body, part } = usePart(tasks.length);
  return (
    <div class="wide">
      <table class="stack" data-rows aria-rowcount={tasks.length + 1}>
        <thead><tr>
          {select && <th><input type="checkbox" aria-label="Select all that are shown" checked={all} onChange={() => select(tasks.map((task) => task.id), !all)} /></th>}
          <th scope="col">State</th><th scope="col">Task</th><th scope="col">Why</th><th scope="col">Queue</th>
          {!brief && <><th scope="col">Node</th><th scope="col" class="num">Try</th></>}
          <th scope="col">{brief ? "When" : "Created"}</th><th scope="col" class="num">Took</th>{!brief && <th scope="col" class="if-wide">Labels</th>}
        </tr></thead>
        <tbody ref={body}>
          {part.before > 0 && <tr class="gap" key="before" aria-hidden="true" style={{ height: `${part.before}px` }} />}
          {tasks.slice(part.first, part.last).map((task, i) => (
            <Row key={task.id} task={task} no={part.first + i + 2} chosen={selected?.has(task.id)} select={select} brief={brief} />))}
          {part.behind > 0 && <tr class="gap" key="behind" aria-hidden="true" style={{ height: `${part.behind}px` }} />}
        </tbody>
      </table>
    </div>
  );
}

function Row({ task, no, chosen, select, brief }: {
  task: Task; no: number; chosen?: boolean; select?: (ids: string[], on: boolean) => void; brief?: boolean;
}) {
  if (!isFinal(task.state))
    tick.value;
  // Each of these is a call of its own.
  const waits = !brief && no < mostAsked && (task.state === "queued" || task.state === "scheduled");
  return (
    <tr aria-rowindex={no}>
      {select && <td><input type="checkbox" aria-label={`Select ${task.name}`} checked={chosen} onChange={() => select([task.id], !chosen)} /></td>}
      <td><State name={task.state} /></td>
      <td class="name"><a href={`/ui/tasks/${task.id}`} title={cut(commandOf(task.spec), 400)}><Text>{titleOf(task)}</Text></a></td>
      <td class={task.state === "failed" ? "state-text failed" : "soft"}>{waits ? <WaitReason task={task} /> : task.state === "succeeded" ? "" : reasonOf(task)}{task.quarantined && " · quarantined"}</td>
      <td><Text>{task.queue}</Text></td>
      {!brief && <><td><Text>{task.node}</Text></td><td class="num">{task.attempt > 1 ? task.attempt : ""}</td></>}
      <td><Time at={brief ? task.endedAt ?? task.createdAt : task.createdAt} age /></td>
      <td class="num">{duration(ranFor(task, now()))}</td>
      {!brief && <td class="if-wide"><Labels of={task.labels} /></td>}
    </tr>
  );
}
