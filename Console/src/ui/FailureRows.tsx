import { change, pathOf, send, undoOf } from "../api/client";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { FailureGroup, Task } from "../api/types";
import { bulkWords, nodesLeftOut, nothingToDo, requireChange } from "../format/bulk";
import { lastLineOf, reasonOf } from "../format/command";
import { tasksUrl } from "../format/filters";
import { compact, count, plural } from "../format/numbers";
import { useResource } from "../store/resource";
import { confirm } from "./confirm";
import { Button, Text, Time } from "./parts";
import { act, say } from "./toast";

/** Groups of failed tasks with one cause: how many, why, since when. */
export function FailureRows({ groups }: { groups: FailureGroup[] }) {
  return <>{groups.map((group) => (
    <div class="failure" key={group.fingerprint}>
      <b title={count(group.count)}>{compact(group.count)}</b>
      <div>
        <span><strong>{reasonOf(group)}</strong> <span class="soft">in {group.queues.join(", ")} · last <Time at={group.lastAt} age /></span></span>
        <Sample of={group} />
      </div>
      <div class="actions">
        <a class="button" href={tasksUrl({ state: "failed", fingerprint: group.fingerprint })}>Open</a>
        <Button icon="retry" disabled={!!lacks("operate")} title={lacks("operate")} onClick={() => retry(group)}>Retry</Button>
      </div>
    </div>
  ))}</>;
}

/** What the newest task of a group wrote last; the group itself knows it without its numbers, names and times. */
function Sample({ of }: { of: FailureGroup }) {
  const task = useResource<Task>(of.sample && of.tasks[0] ? `/tasks/${of.tasks[0]}` : null, 300_000).data;
  if (!of.sample)
    return <code class="soft">no output</code>;
  const last = task ? lastLineOf(task) : "";
  return <code title={last || of.sample}><Text>{last || of.sample}</Text></code>;
}

// Counted by the gateway first; if more have failed by the time somebody has confirmed, nothing is retried.
async function retry(group: FailureGroup): Promise<void> {
  const asked = { state: "failed", fingerprint: group.fingerprint };
  let tried: { wouldChange: number; workflowNodes?: number };
  try {
    tried = await send("POST", pathOf("/tasks/retry", { ...asked, dryRun: true }));
  } catch (thrown) {
    const problem = Problem.from(thrown);
    if (problem)
      say(`${problem.title}: ${problem.message}`, undefined, true);
    return;
  }
  const expect = tried.wouldChange;
  if (expect === 0) {
    say(nothingToDo("retry", tried), undefined, true);
    return;
  }
  const yes = await confirm({
    title: `Retry ${plural(expect, "task")}?`, action: "Retry", typed: expect > 100 ? String(expect) : undefined,
    text: <>All failed tasks with this cause are queued again, each with fresh attempts. Quarantined ones are passed over. {nodesLeftOut}</>,
  });
  if (yes)
    await act(({ answer }) => bulkWords("retry", answer.changed, expect),
      () => change<{ changed: number }>(pathOf("/tasks/retry", { ...asked, expect })).then(requireChange("retry")), undefined, undoOf);
}
