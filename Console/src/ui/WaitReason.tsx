import { now } from "../api/client";
import type { List, Node, Task, Why } from "../api/types";
import { whyShort } from "../format/why";
import { useResource } from "../store/resource";
import { Text } from "./parts";

/** Why a task waits, in a few words; the whole reason as the title. */
export function WaitReason({ task }: { task: Task }) {
  const { data } = useResource<Why>(`/tasks/${task.id}/why`, 15_000);
  const nodes = useResource<List<Node>>(data?.reasons[0]?.code === "no-matching-node" ? "/nodes" : null, 60_000).data;
  return data && <span title={data.reasons.map((reason) => reason.detail).join(" ")}><Text>{whyShort(task, data, now(), nodes?.items)}</Text></span>;
}
