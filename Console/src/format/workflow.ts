import { ExactNumber, jsonOf, parseJson } from "../api/json";
import type { JobSpec, State, Task, TaskSpec, Workflow, WorkflowNode, WorkflowSpec } from "../api/types";
import { quoted, reasonOf } from "./command";
import type { Condition, GraphNode } from "./graph";
import { count, plural } from "./numbers";

/** More nodes than this are counted by layer instead of being drawn. */
export const mostDrawn = 500;

/** JSON on one line, with spaces as people write it. */
function spaced(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map(spaced).join(", ")}]`;
  return typeof value === "object" && value !== null && !(value instanceof ExactNumber)
    ? `{${Object.entries(value).map(([name, held]) => `${JSON.stringify(name)}: ${spaced(held)}`).join(", ")}}` : jsonOf(value);
}

/** A workflow as JSON to read: two lines a node, what it waits for before what it does. */
export function draftOf(spec: WorkflowSpec): string {
  const { nodes, ...own } = spec;
  const lines = Object.entries(own).map(([name, value]) => `  ${JSON.stringify(name)}: ${spaced(value)},\n`).join("");
  const each = nodes.map(({ task, job, ...node }) => `    ${spaced(node).slice(0, -1)},\n     ${job ? `"job": ${spaced(job)}` : `"task": ${spaced(task)}`}}`);
  return `{\n${lines}  "nodes": [\n${each.join(",\n")}\n  ]\n}\n`;
}

/** A workflow that works as it stands. */
export const example = draftOf({
  name: "release",
  nodes: [
    { name: "build", task: { cmd: "echo building; sleep 2" } },
    { name: "test", after: ["build"], task: { cmd: "echo testing; sleep 3" } },
    { name: "lint", after: ["build"], mayFail: true, task: { cmd: "echo two warnings; exit 1" } },
    { name: "publish", after: ["test", { node: "lint", on: "ended" }], task: { cmd: "echo publishing" } },
    { name: "tell", after: [{ node: "test", on: "failed" }], task: { cmd: "echo the tests failed" } },
  ],
});

/** What a line from one node to another means, in a word; nothing for the usual one. */
export const conditionOf = (on: Condition): string => ({ succeeded: "", failed: "if failed", ended: "if ended" })[on];

/** What a node waits for, in words: "build, lint if ended". */
export function waitsFor(after: WorkflowNode["after"], most = 4): string {
  const names = after.slice(0, most).map(({ node, on }) => [node, conditionOf(on)].filter(Boolean).join(" "));
  return names.join(", ") + (after.length > most ? ` and ${after.length - most} more` : "");
}

/** What has become of a node, in words; its reason only says more than its state when it did not succeed. */
export function stateOf(node: Pick<WorkflowNode, "state" | "reason" | "exitCode" | "elements">): string {
  const { failed = 0 } = node.elements?.byState ?? {};
  if (node.state === "failed" && failed > 0)
    return `failed: ${plural(failed, "item")}`;
  const reason = node.state === "succeeded" ? "" : reasonOf({ reason: node.reason, exitCode: node.exitCode, signal: null });
  return reason === "skipped" ? reason : reason && node.state === "failed" ? `failed: ${reason}` : node.state;
}

/** Where a node is shown: its job, once there is one, or its task. */
export const hrefOf = ({ task, job }: Pick<WorkflowNode, "task" | "job">): string => job ? `/ui/jobs/${job}` : `/ui/tasks/${task}`;

/** How far the items of a node have come, in words: "3 of 10 items ended, 1 failed". */
export function itemsOf({ elements }: Pick<WorkflowNode, "elements">): string {
  if (!elements)
    return "";
  if (elements.total === null)
    return "for each item";
  const { failed = 0 } = elements.byState;
  return `${endedOf(elements.byState)} of ${plural(elements.total, "item")} ended${failed ? `, ${failed} failed` : ""}`;
}

/** What is written below a node's name: its state, or how many of its items have ended and failed. */
export function wordsOf(node: Pick<WorkflowNode, "state" | "reason" | "exitCode" | "elements">): string {
  const { elements } = node;
  if (!elements || !elements.total || node.state === "scheduled" || node.state === "queued")
    return stateOf(node);
  const { failed = 0 } = elements.byState;
  const ended = endedOf(elements.byState);
  return `${ended === elements.total ? "" : `${count(ended)} of `}${plural(elements.total, "item")}${failed ? `, ${count(failed)} failed` : ""}`;
}

/** Which parts of a node's items have ended well and badly, 0 to 1; nothing without items. */
export function partsOf({ elements }: Pick<WorkflowNode, "elements">): { done?: number; failed?: number } {
  if (!elements || !elements.total)
    return {};
  const { succeeded = 0, failed = 0, cancelled = 0 } = elements.byState;
  return { done: succeeded / elements.total, failed: (failed + cancelled) / elements.total };
}

function endedOf({ succeeded = 0, failed = 0, cancelled = 0 }: Partial<Record<string, number>>): number {
  return succeeded + failed + cancelled;
}

/** The counts of nodes by what a reader asks for: what is done, what runs, what is to come. */
export function sharesOf(byState: Workflow["byState"]): { name: State; count: number }[] {
  const ranked: State[] = ["succeeded", "failed", "cancelled", "running", "assigned", "queued", "scheduled"];
  return ranked.map((name) => ({ name, count: byState[name] ?? 0 })).filter(({ count }) => count > 0);
}

/** How many nodes a retry would run again. */
export const toRetry = (byState: Workflow["byState"]): number => (byState.failed ?? 0) + (byState.cancelled ?? 0);

/** The progress as a sentence for those who see no bar. */
export const progressOf = (workflow: Pick<Workflow, "ended" | "nodes">): string =>
  `${workflow.ended} of ${plural(workflow.nodes, "node")} ended`;

/** What somebody wrote as a workflow, or what is wrong with it as JSON. */
export function readDraft(text: string): { spec: WorkflowSpec } | { fault: string } {
  try {
    const found: unknown = parseJson(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) && !(found instanceof ExactNumber) ? { spec: found as WorkflowSpec } : { fault: "A workflow is an object with nodes." };
  } catch (thrown) {
    return { fault: (thrown as Error).message };
  }
}

/** The nodes of a draft as far as they can be drawn: those with names. */
export function graphOf(spec: WorkflowSpec): GraphNode[] {
  const nodes: unknown[] = Array.isArray(spec.nodes) ? spec.nodes : [];
  const seen = new Set<string>();
  return nodes.flatMap((found) => {
    const node = found as Partial<WorkflowSpec["nodes"][number]> | null;
    if (typeof node?.name !== "string" || seen.has(node.name))
      return [];
    seen.add(node.name);
    const after = (Array.isArray(node.after) ? node.after : []).flatMap((edge) => typeof edge === "string" ? [{ node: edge, on: "succeeded" as Condition }]
      : typeof edge?.node === "string" ? [{ node: edge.node, on: (["failed", "ended"].includes(edge.on) ? edge.on : "succeeded") as Condition }] : []);
    return [{ name: node.name, after }];
  });
}

/** A refusal's messages by node: the place in the workflow is a path such as nodes[2].after[0]. */
export interface Fault { node: number | null; name: string; path: string; text: string }

export function faultsOf(errors: Record<string, string[]>, spec: WorkflowSpec): Fault[] {
  return Object.entries(errors).map(([path, texts]) => {
    const [, index, rest] = /^nodes\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
    const node = index === undefined ? null : Number(index);
    const name = node === null ? "" : (spec.nodes as { name?: unknown }[] | undefined)?.[node]?.name;
    return { node, name: typeof name === "string" ? name : node === null ? "" : `node ${node + 1}`, path: node === null ? path : rest ?? "", text: texts.join(" ") };
  });
}

/** A workflow as it could be submitted again: what its nodes have by default is left out, and so are secrets, which nobody can read. */
export function specOf(workflow: Workflow, nodes: WorkflowNode[], tasks: ReadonlyMap<string, TaskSpec>): WorkflowSpec {
  return {
    name: workflow.name,
    ...workflow.queue !== "default" && { queue: workflow.queue },
    ...Object.keys(workflow.labels).length > 0 && { labels: workflow.labels },
    ...workflow.onFailure !== "continue" && { onFailure: workflow.onFailure },
    nodes: nodes.map((node) => {
      const { name, queue: _, after: __, secretEnv: ___, env = {}, job, ...task } = (tasks.get(node.task) ?? {}) as TaskSpec & { after?: unknown; job?: JobSpec };
      const { WORKFLOW_ID: ____, WORKFLOW_NODE: _____, ...own } = env;
      return {
        name: node.name,
        ...job ? { job } : { task: { ...task, ...Object.keys(own).length > 0 && { env: own }, ...name !== undefined && name !== node.name && { name } } },
        ...node.after.length > 0 && { after: node.after.map((edge) => edge.on === "succeeded" ? edge.node : edge) },
        ...node.mayFail && { mayFail: true },
        ...node.forEach && {
          forEach: {
            node: node.forEach.node, ...node.forEach.from !== "result" && { from: node.forEach.from },
            ...node.forEach.select && { select: node.forEach.select },
          },
        },
      };
    }),
  };
}

/** The names of the nodes whose tasks had secrets. */
export function hadSecrets(nodes: readonly Pick<WorkflowNode, "name" | "task">[], tasks: readonly Pick<Task, "id" | "hadSecrets">[]): string[] {
  const ids = new Set(tasks.filter((task) => task.hadSecrets).map((task) => task.id));
  return nodes.filter((node) => ids.has(node.task)).map((node) => node.name);
}

/** Where each element of the array "nodes" begins and ends in a text that is JSON. */
export function spansOf(text: string): [number, number][] {
  const spans: [number, number][] = [];
  let depth = 0;
  let inNodes = false;
  let name = "";
  let began = -1;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!;
    if (sign === '"') {
      const from = i;
      while (++i < text.length && text[i] !== '"')
        if (text[i] === "\\")
          i++;
      if (depth === 1 && !inNodes && /^\s*:/.test(text.slice(i + 1, i + 40)))
        name = text.slice(from + 1, i);
    } else if (sign === "{" || sign === "[") {
      depth++;
      if (depth === 2 && sign === "[" && name === "nodes")
        inNodes = true;
      else if (depth === 3 && inNodes)
        began = i;
    } else if (sign === "}" || sign === "]") {
      if (depth === 3 && inNodes && began >= 0)
        spans.push([began, i + 1]);
      depth--;
      if (depth === 1)
        inNodes = false;
    }
  }
  return spans;
}

/** The submission as lines for a shell: short ones with the workflow in them, long ones with a file. */
export function linesOf(spec: WorkflowSpec, origin: string): { curl: string; otask: string } {
  const json = jsonOf(spec, 2);
  const file = `cat > workflow.json <<'EOF'\n${json}\nEOF\n`;
  return {
    curl: `${file}curl -X POST -H 'Content-Type: application/json' \\\n     -d @workflow.json ${quoted(`${origin}/api/v1/workflows`)}`,
    otask: `${file}otask workflow submit --wait workflow.json`,
  };
}
