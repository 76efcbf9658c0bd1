import { now } from "../api/client";
import type { Task, Why } from "../api/types";
import { whyShort } from "../format/why";
import { useResource } from "../store/resource";
import { Text } from "./parts";

/** Why a task waits, in a few words; the whole reason as the title. */
export function WaitReason({ task }: { task: Task }) {
  const { data } = useResource<Why>(`/tasks/${task.id}/why`, 15_000);
  return data && <span title={data.reasons.map((reason) => reason.detail).join(" ")}><Text>{whyShort(task, data, now())}</Text></span>;
}
