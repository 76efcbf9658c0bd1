import type { Node } from "../api/types";
import { quoted } from "./command";

const worst = ["lost", "draining", "busy", "ready", "gone"];

/** Returns the nodes in the order of `shown`, the ids that are on the page; inserts new nodes by state, the worst first. */
export function inOrder<T extends Pick<Node, "id" | "state">>(nodes: readonly T[], shown: readonly string[]): T[] {
  const rank = (a: T, b: T) => worst.indexOf(a.state) - worst.indexOf(b.state) || a.id.localeCompare(b.id);
  const known = new Map(nodes.map((node) => [node.id, node]));
  const kept = shown.flatMap((id) => known.get(id) ?? []);
  for (const node of nodes.filter(({ id }) => !shown.includes(id)).sort(rank)) {
    const at = kept.findIndex((other) => rank(node, other) < 0);
    kept.splice(at < 0 ? kept.length : at, 0, node);
  }
  return kept;
}

/** A node's state in words; says when a draining node may be stopped. */
export const nodeWord = ({ state, running }: Pick<Node, "state" | "running">): string => state === "draining" && running === 0 ? "drained: safe to stop" : state;

/** Returns the first name of w1, w2, … that no node has. */
export function freeName(taken: readonly string[]): string {
  let no = 1;
  while (taken.includes(`w${no}`))
    no++;
  return `w${no}`;
}

/** The fields of the dialog that adds a worker; `labels` are separated by spaces. */
export type NewWorker = { master: string; name: string; slots: string; labels: string };

/** A join token as the service answers it. */
export type JoinToken = { token: string; expiresAt: string };

/** Returns the command that starts a worker, with a token to join if there is one. An empty field gives no option. */
export function workerCommand({ master, name, slots, labels }: NewWorker, token: JoinToken | null): string {
  const fields: [string, string][] = [["--master", master], ["--name", name], ["--slots", slots],
    ...labels.split(/\s+/).map((label): [string, string] => ["--label", label])];
  const options = fields.filter(([, value]) => value).map(([option, value]) => `${option} ${quoted(value)}`);
  const variable = token ? `OTASK_JOIN_TOKEN=${token.token} \\\n` : "";
  return `${variable}make worker ARGS=${quoted(options.join(" "))}`;
}
