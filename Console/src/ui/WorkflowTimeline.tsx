import { now } from "../api/client";
import type { Workflow, WorkflowNode } from "../api/types";
import { duration, tick } from "../format/time";
import { stateOf } from "../format/workflow";
import { setQuery } from "../router";
import { Empty, Icon, Text } from "./parts";
import type { IconName } from "./icons";

const marks = 5;

/** The nodes of a workflow over time: when each ran and for how long, in the order in which they began; those that have not begun are last. */
export function WorkflowTimeline({ workflow, nodes, focus, critical }: { workflow: Workflow; nodes: WorkflowNode[]; focus: string | null; critical: ReadonlySet<string> }) {
  tick.value;
  const begun = nodes.filter((node) => node.startedAt !== null).sort((a, b) => a.startedAt!.localeCompare(b.startedAt!));
  const rest = nodes.filter((node) => node.startedAt === null);
  if (begun.length === 0)
    return <Empty title="No node has run yet" />;
  const from = Date.parse(begun[0]!.startedAt!);
  const to = Math.max(from + 1, workflow.state === "running" ? now() : 0, ...begun.map((node) => node.endedAt ? Date.parse(node.endedAt) : now()));
  const at = (time: number) => 100 * (time - from) / (to - from);
  return (
    <div class="gantt" role="list" aria-label="Nodes over time">
      <div class="gantt-axis soft small" aria-hidden="true"><span />
        <span>{Array.from({ length: marks }, (_, i) => <i key={i} style={{ left: `${100 * i / (marks - 1)}%` }}>{i === 0 ? "0" : duration((to - from) * i / (marks - 1))}</i>)}</span></div>
      {[...begun, ...rest].map((node) => {
        const start = node.startedAt ? Date.parse(node.startedAt) : null;
        const end = node.endedAt ? Date.parse(node.endedAt) : now();
        const took = start === null ? "" : duration(end - start);
        const left = start === null ? 0 : at(start);
        const width = start === null ? 0 : Math.max(0.3, at(end) - left);
        return <div role="listitem" key={node.name}><button type="button" class={`gantt-row ${node.name === focus ? "at" : ""}`} aria-pressed={node.name === focus} onClick={() => setQuery({ focus: node.name === focus ? null : node.name })}>
          <span class={`state ${node.state}`}><Icon name={node.state as IconName} /><span class="gantt-name"><Text>{node.name}</Text></span></span>
          <span class="gantt-track">{start !== null && <i class={`${node.state} ${critical.has(node.name) ? "critical" : ""}`} style={{ left: `${left}%`, width: `${width}%` }} />}
            <small style={left + width < 70 ? { left: `${left + width}%` } : { right: `${100 - left}%` }}>{start === null ? stateOf(node) : [node.state === "failed" ? stateOf(node) : "", took].filter(Boolean).join(" · ")}</small></span>
        </button></div>;
      })}
    </div>
  );
}
