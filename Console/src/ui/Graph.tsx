import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { now } from "../api/client";
import { conditionOf, waitsFor } from "../format/workflow";
import { type GraphNode } from "../format/graph";
import { type Line, type Place, box, layoutOf } from "../format/layout";
import { between, tick } from "../format/time";
import { Button, Empty } from "./parts";

/**
 * A node as it is drawn: a state or a sign, a note beside its name, words below it, since when it runs, which part of it is done (0 to 1) and
 * has failed, and where it leads.
 */
export interface Drawn extends GraphNode {
  look: string; sign: ComponentChildren; words: string; note?: string; since?: string; done?: number; failed?: number; href?: string; onClick?: () => void;
}

/** A graph by layers from left to right. What the pointer or the keyboard is at shows its lines; so does the node called `focus`. */
export function Graph({ nodes, focus, critical, tools }: { nodes: Drawn[]; focus?: string | null; critical?: number[]; tools?: ComponentChildren }) {
  const shape = nodes.map((node) => `${node.name} ${node.after.map((edge) => `${edge.node} ${edge.on}`)}`).join("\n");
  const layout = useMemo(() => layoutOf(nodes), [shape]);
  const [at, setAt] = useState<number | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const [room, setRoom] = useState(0);
  // Read by the map alone, so that scrolling draws no node again.
  const sight = useSignal({ x: 0, y: 0, width: 0, height: 0 });
  const [isCut, setCut] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const pinned = nodes.findIndex((node) => node.name === focus);
  const look = () => {
    const { scrollLeft: x, scrollTop: y, clientWidth: width, clientHeight: height } = frame.current!;
    const known = sight.peek();
    if (known.x !== x || known.y !== y || known.width !== width || known.height !== height)
      sight.value = { x, y, width, height };
  };
  useEffect(() => {
    const measure = () => setRoom(frame.current?.clientWidth ?? 0);
    measure();
    const watch = new ResizeObserver(measure);
    if (frame.current)
      watch.observe(frame.current);
    return () => watch.disconnect();
  }, [layout === null]);
  // The first layer is in sight at first: it is halfway down a tall picture.
  useEffect(() => {
    const first = layout?.places.filter(({ x }) => x < box.width).map(({ y }) => y) ?? [];
    const place = frame.current;
    if (place && first.length > 0)
      place.scrollTop = (first.reduce((sum, y) => sum + y, 0) / first.length + margin + box.height / 2) * scale - place.clientHeight / 2;
  }, [layout]);
  useEffect(() => {
    if (pinned >= 0)
      frame.current?.querySelector(`[data-node="${pinned}"]`)?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pinned]);
  const width = (layout?.width ?? 0) + 2 * margin;
  const height = (layout?.height ?? 0) + 2 * margin;
  const whole = room > 0 ? Math.min(1, Math.max(least, room / width)) : 1;
  // Nobody has chosen: the whole width, if that can still be read.
  const scale = chosen ?? (whole >= 0.7 ? whole : 1);
  // The same place stays under the pointer, or in the middle.
  const zoom = (to: number, at?: { x: number; y: number }) => {
    const place = frame.current!;
    const next = Math.min(2, Math.max(least, to));
    const point = at ?? { x: place.clientWidth / 2, y: place.clientHeight / 2 };
    const [x, y] = [(place.scrollLeft + point.x) * next / scale - point.x, (place.scrollTop + point.y) * next / scale - point.y];
    setChosen(next);
    requestAnimationFrame(() => { place.scrollTo(x, y); look(); });
  };
  useEffect(() => {
    const place = frame.current;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey)
        return;
      event.preventDefault();
      const { left, top } = place!.getBoundingClientRect();
      zoom(scale * Math.exp(-event.deltaY / 300), { x: event.clientX - left, y: event.clientY - top });
    };
    // Only such a listener may keep the browser from zooming the page.
    place?.addEventListener("wheel", wheel, { passive: false });
    return () => place?.removeEventListener("wheel", wheel);
  });
  useLayoutEffect(() => {
    if (!frame.current)
      return;
    look();
    setCut(width * scale > sight.peek().width + 2 || height * scale > sight.peek().height + 2);
  });
  if (!layout)
    return <Empty title="Nodes wait for each other in a circle">None of them could ever run.</Empty>;
  const shown = at ?? (pinned >= 0 ? pinned : null);
  const rank = new Map(critical?.map((node, i) => [node, i]));
  const to = (x: number, y: number) => frame.current!.scrollTo(x * scale - sight.peek().width / 2, y * scale - sight.peek().height / 2);
  return (
    <div class="graph-frame">
      <div class="graph-tools">
        <Button icon="minus" label="Smaller" title="Smaller (Ctrl and the wheel)" onClick={() => zoom(scale / 1.25)} />
        <span class="small soft">{Math.round(100 * scale)} %</span>
        <Button icon="plus" label="Larger" title="Larger (Ctrl and the wheel)" onClick={() => zoom(scale * 1.25)} />
        {scale !== 1 && <Button onClick={() => zoom(1)}>100 %</Button>}
        {(isCut || scale < 1) && <Button onClick={() => zoom(Math.min(whole, window.innerHeight * 0.7 / height))}>Fit</Button>}
        {tools}
      </div>
      <div class="graph-place">
        <div class="wide graph" ref={frame} onScroll={look} onPointerDown={(event) => pan(event, frame.current!)}>
          <div class="room" style={{ width: `${width * scale}px`, height: `${height * scale}px` }}>
            <div class="canvas" style={{ width: `${width}px`, height: `${height}px`, transform: scale === 1 ? undefined : `scale(${scale})` }} onMouseLeave={() => setAt(null)}>
              <svg aria-hidden="true" width={width} height={height} viewBox={`${-margin} ${-margin} ${width} ${height}`}>
                {sorted(layout.lines, shown, rank).map(({ line, look: drawn }, i) => <path key={i} class={`${drawn} ${line.on}`} d={line.path} />)}
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
        {isCut && nodes.length >= fewestMapped && <Overview width={width} height={height} nodes={nodes} places={layout.places} sight={sight} scale={scale} to={to} />}
      </div>
    </div>
  );
}

/** The whole graph small, with what is in sight; pressing leads there. */
function Overview({ width, height, nodes, places, sight, scale, to }: {
  width: number; height: number; nodes: Drawn[]; places: Place[]; sight: Signal<Sight>; scale: number; to: (x: number, y: number) => void;
}) {
  const by = Math.min(160 / width, 110 / height);
  const move = (event: PointerEvent) => {
    if (event.buttons !== 1)
      return;
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
    to((event.clientX - left) / by, (event.clientY - top) / by);
  };
  return <div class="map" style={{ width: `${width * by}px`, height: `${height * by}px` }} role="img" aria-label="Map of the graph" onPointerDown={move} onPointerMove={move}>
    <svg width={width * by} height={height * by} viewBox={`0 0 ${width} ${height}`}>
      {places.map(({ index, x, y }) => <rect key={index} class={nodes[index]!.look} x={x + margin} y={y + margin} width={box.width} height={box.height} />)}</svg>
    <InSight of={sight} by={by / scale} /></div>;
}

// A layer of its own: moving it paints nothing else.
function InSight({ of, by }: { of: Signal<Sight>; by: number }) {
  const { x, y, width, height } = of.value;
  return <i style={{ width: `${width * by}px`, height: `${height * by}px`, transform: `translate(${x * by}px, ${y * by}px)` }} />;
}

/** The part of the picture that is in sight, in the pixels of the window. */
interface Sight { x: number; y: number; width: number; height: number }

// Lets the pointer drag the picture, unless the drag begins on a node.
function pan(event: PointerEvent, place: HTMLElement): void {
  if (event.button !== 0 || event.pointerType !== "mouse" || (event.target as Element).closest("a, button"))
    return;
  event.preventDefault();
  const [x, y, left, top] = [event.clientX, event.clientY, place.scrollLeft, place.scrollTop];
  const move = (moved: PointerEvent) => place.scrollTo(left - moved.clientX + x, top - moved.clientY + y);
  place.setPointerCapture(event.pointerId);
  place.classList.add("pulled");
  place.addEventListener("pointermove", move);
  place.addEventListener("lostpointercapture", () => { place.removeEventListener("pointermove", move); place.classList.remove("pulled"); }, { once: true });
}

const least = 0.15;
/** A smaller graph needs no map. */
const fewestMapped = 12;
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
      {node.href ? <a href={node.href} {...shared} onClick={(event) => { if (node.onClick && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); node.onClick(); } }}>{inside}</a> : <button type="button" onClick={node.onClick} {...shared}>{inside}</button>}
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
