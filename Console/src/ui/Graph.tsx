import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { now } from "../api/client";
import { conditionOf, waitsFor } from "../format/workflow";
import { type GraphNode } from "../format/graph";
import { type Line, box, layoutOf } from "../format/layout";
import { between, tick } from "../format/time";
import { Empty } from "./parts";

/**
 * A node as it is drawn: a state or a sign, a note beside its name, words below it, since when it runs, which part of it is done (0 to 1) and
 * has failed, and where it leads.
 */
export interface Drawn extends GraphNode {
  look: string; sign: ComponentChildren; words: string; note?: string; since?: string; done?: number; failed?: number; href?: string; onClick?: () => void;
}

/** A graph by layers from left to right. What the pointer or the keyboard is at shows its lines; so does the node called `focus`. */
export function Graph({ nodes, focus, critical }: { nodes: Drawn[]; focus?: string | null; critical?: number[] }) {
  const shape = nodes.map((node) => `${node.name} ${node.after.map((edge) => `${edge.node} ${edge.on}`)}`).join("\n");
  const layout = useMemo(() => layoutOf(nodes), [shape]);
  const [at, setAt] = useState<number | null>(null);
  const [chosen, setChosen] = useState<boolean | null>(null);
  const [room, setRoom] = useState(0);
  const frame = useRef<HTMLDivElement>(null);
  const pinned = nodes.findIndex((node) => node.name === focus);
  useEffect(() => {
    const measure = () => setRoom(frame.current?.clientWidth ?? 0);
    measure();
    window.addEventListener("resize", measure);
    return () => window.removeEventListener("resize", measure);
  }, []);
  // The first layer is in sight at first: it is halfway down a tall picture.
  useEffect(() => {
    const first = layout?.places.filter(({ x }) => x < box.width).map(({ y }) => y) ?? [];
    const place = frame.current;
    if (place && first.length > 0)
      place.scrollTop = first.reduce((sum, y) => sum + y, 0) / first.length + margin + box.height / 2 - place.clientHeight / 2;
  }, [layout]);
  useEffect(() => {
    if (pinned >= 0)
      frame.current?.querySelector(`[data-node="${pinned}"]`)?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pinned]);
  if (!layout)
    return <Empty title="Nodes wait for each other in a circle">None of them could ever run.</Empty>;
  const shown = at ?? (pinned >= 0 ? pinned : null);
  const width = layout.width + 2 * margin;
  const whole = room > 0 ? Math.min(1, Math.max(0.2, room / width)) : 1;
  // Nobody has chosen: the whole, if that can still be read.
  const fits = chosen ?? whole >= 0.7;
  const rank = new Map(critical?.map((node, i) => [node, i]));
  return (
    <div class="graph-frame">
      {room > 0 && width > room && <div class="choices" role="group" aria-label="Size">
        <button type="button" aria-pressed={!fits} onClick={() => setChosen(false)}>100 %</button>
        <button type="button" aria-pressed={fits} onClick={() => setChosen(true)}>Whole width</button></div>}
      <div class="wide graph" ref={frame}>
        <div class="canvas" style={{ width: `${width}px`, height: `${layout.height + 2 * margin}px`, zoom: fits ? whole : 1 }} onMouseLeave={() => setAt(null)}>
          <svg aria-hidden="true" width={width} height={layout.height + 2 * margin} viewBox={`${-margin} ${-margin} ${width} ${layout.height + 2 * margin}`}>
            {sorted(layout.lines, shown, rank).map(({ line, look }, i) => <path key={i} class={`${look} ${line.on}`} d={line.path} />)}
            {layout.labels.map(({ x, y, on }, i) => <text key={i} x={x} y={y}>{on.map(conditionOf).join(", ")}</text>)}
          </svg>
          {layout.frames.map((found, i) => (
            <div key={i} class="block" style={{ left: `${found.x + margin}px`, top: `${found.y + margin}px`, width: `${found.width}px`, height: `${found.height}px` }}>
              {found.count} nodes, side by side</div>))}
          <ul>{layout.places.map(({ index, x, y }) => <Box key={index} node={nodes[index]!} index={index} x={x + margin} y={y + margin}
            look={`${rank.has(index) ? "critical" : ""} ${index === pinned ? "pinned" : ""}`} enter={() => setAt(index)} leave={() => setAt(null)} />)}</ul>
        </div>
      </div>
    </div>
  );
}

const margin = 18;

function Box({ node, index, x, y, look, enter, leave }: {
  node: Drawn; index: number; x: number; y: number; look: string; enter: () => void; leave: () => void;
}) {
  const waits = waitsFor(node.after, 8);
  const said = `${node.name}: ${node.words}${node.note ? `, ${node.note}` : ""}${waits && `, waits for ${waits}`}`;
  const inside = <><span class={`state ${node.look}`}>{node.sign}</span><span class="grow"><span class="title"><b>{node.name}</b>{node.note && <i>{node.note}</i>}</span><small>{node.words}{node.since && <Since at={node.since} />}</small>{waits && <span class="unseen">, waits for {waits}</span>}</span>
    {node.done !== undefined && <span class="part" aria-hidden="true"><i style={{ width: `${100 * node.done}%` }} /><i class="bad" style={{ width: `${100 * (node.failed ?? 0)}%` }} /></span>}</>;
  const shared = { "data-node": index, class: `node ${node.look} ${look}`, title: said, onFocus: enter, onBlur: leave };
  return (
    <li style={{ left: `${x}px`, top: `${y}px`, width: `${box.width}px`, height: `${box.height}px` }} onMouseEnter={enter}>
      {node.href ? <a href={node.href} {...shared}>{inside}</a> : <button type="button" onClick={node.onClick} {...shared}>{inside}</button>}
    </li>
  );
}

// Alone renewed every second, not the whole graph.
function Since({ at }: { at: string }) {
  tick.value;
  return <> · {between(at, null, now())}</>;
}

// What stands out is drawn last, above the others.
function sorted(lines: Line[], at: number | null, critical: ReadonlyMap<number, number>): { line: Line; look: string }[] {
  const rank = (line: Line) => at !== null && (line.from.includes(at) || line.to.includes(at)) ? 2
    : line.from.some((i) => critical.has(i) && line.to.some((to) => critical.get(to) === critical.get(i)! + 1)) ? 1 : 0;
  return lines.map((line) => ({ line, rank: rank(line) })).sort((a, b) => a.rank - b.rank)
    .map(({ line, rank: found }) => ({ line, look: ["", "critical", "near"][found]! }));
}
