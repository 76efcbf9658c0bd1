import { now } from "../api/client";
import type { Attempt, Task } from "../api/types";
import { courseOf } from "../format/course";
import { tick } from "../format/time";
import { Text, Time } from "./parts";

const mostWords = 8;

/** A task's life as one bar to scale: how long it waited, and each attempt in the colour of its end. */
export function TimeBar({ task, attempts }: { task: Task; attempts: Attempt[] }) {
  tick.value;
  const course = courseOf(task, attempts, now());
  return (
    <section class="course" aria-label="Course">
      <div class="course-bar" aria-hidden="true">{course.map((one, i) => (
        <i key={i} class={one.state} style={{ flexGrow: Math.max(1, one.to - one.from) }} title={one.words} />))}</div>
      <ol>{course.slice(-mostWords).map((one, i) => <li key={i} class={one.state}><Text>{one.words}</Text></li>)}</ol>
      <p class="soft small">created <Time at={task.createdAt} />{task.endedAt && <>, ended <Time at={task.endedAt} /></>}</p>
    </section>
  );
}
