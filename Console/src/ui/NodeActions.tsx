import { send } from "../api/client";
import { lacks } from "../api/session";
import type { Node } from "../api/types";
import { plainly } from "../format/hostile";
import { confirm } from "./confirm";
import { Button } from "./parts";
import { act } from "./toast";

/** What can be done with a node in its state. */
export function NodeActions({ node }: { node: Node }) {
  const operate = lacks("operate");
  const name = plainly(node.id);
  const path = `/nodes/${encodeURIComponent(node.id)}`;
  const drain = () => send("POST", `${path}/drain`);
  const resume = () => send("POST", `${path}/resume`);
  const forget = async () => {
    if (await confirm({ title: `Forget the node ${node.id}?`, text: "It disappears from the list. A worker with this name may register again.", action: "Forget", danger: true, typed: node.id }))
      await act(`${name} is forgotten`, () => send("DELETE", path));
  };
  if (node.state === "lost" || node.state === "gone")
    return <Button icon="close" disabled={!!operate} title={operate ?? "Remove it from the list"} onClick={forget}>Forget</Button>;
  return node.state === "draining"
    ? <Button icon="running" disabled={!!operate} title={operate} onClick={() => act(`${name} takes new work again`, resume, drain)}>Resume</Button>
    : <Button icon="pause" disabled={!!operate} title={operate ?? "No new work; what runs goes on"} onClick={() => act(`${name} takes no new work`, drain, resume)}>Drain</Button>;
}
