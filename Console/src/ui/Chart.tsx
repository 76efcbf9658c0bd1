import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { stamp, utc } from "../format/time";

/** A line of a chart: one value a step, null where nothing is known. */
export interface Line { label: string; colour: string; values: (number | null)[] }

/** The moment under the pointer, the same for all charts of a page; null for none. */
export const cursor = signal<number | null>(null);
/** Whether charts are shown as tables. */
export const asTables = signal(false);

// Lines differ by their dashes too: colour is never alone.
const dashes = ["", "6 3", "2 3", "9 3 2 3"];
const width = 600;
const height = 120;

/** The parts of a line between gaps, which are never bridged: a path in the chart's units. */
export function pathOf(values: (number | null)[], most: number): string {
  const across = values.length > 1 ? width / (values.length - 1) : 0;
  let path = "";
  let joined = false;
  values.forEach((value, i) => {
    if (value === null) {
      joined = false;
      return;
    }
    const point = `${(i * across).toFixed(1)} ${(height - (height - 4) * value / most).toFixed(1)}`;
    // A value between gaps is a dot, drawn as a line without length.
    const alone = !joined && (values[i + 1] ?? null) === null;
    path += `${joined ? "L" : "M"}${point}${alone ? `L${point}` : ""}`;
    joined = true;
  });
  return path;
}

/** The next round number above all values: the top of the chart. */
export function topOf(lines: Line[]): number {
  const most = Math.max(0, ...lines.flatMap((line) => line.values.map((value) => value ?? 0)));
  if (most === 0)
    return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * unit).find((top) => top >= most) ?? most;
}

interface ChartProps {
  title: string; lines: Line[]; from: number; step: number; show: (value: number) => string; empty?: string; children?: ComponentChildren;
}

/** Lines over time, from zero up. The pointer shows the values of a moment; those who see no lines get a table. */
export function Chart({ title, lines, from, step, show, empty }: ChartProps) {
  const id = useId();
  const count = Math.max(0, ...lines.map((line) => line.values.length));
  const top = topOf(lines);
  const hasAny = lines.some((line) => line.values.some((value) => value !== null));
  const at = cursor.value === null || count === 0 ? null : Math.round((cursor.value - from) / step);
  const shown = at !== null && at >= 0 && at < count ? at : null;
  const last = (line: Line) => line.values.findLast((value) => value !== null) ?? null;
  const move = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    cursor.value = from + Math.round(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * (count - 1)) * step;
  };
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption id={id}><b>{title}</b><span class="soft small">{shown === null ? "" : stamp(from + shown * step, utc.value)}</span></figcaption>
      {asTables.value && hasAny ? <Table lines={lines} from={from} step={step} show={show} title={title} /> : <>
        <div class="plot">
          <span class="soft small top-value" aria-hidden="true">{show(top)}</span>
          <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={summary(title, lines, show)} onPointerMove={move} onPointerLeave={() => cursor.value = null}>
            <path class="rule" d={`M0 ${height}H${width}M0 ${height / 2}H${width}M0 4H${width}`} />
            {lines.map((line, i) => <path key={line.label} class="line" d={pathOf(line.values, top)} style={{ stroke: `var(--${line.colour})` }} stroke-dasharray={dashes[i % 4]} />)}
            {shown !== null && count > 1 && <path class="cursor" d={`M${(shown * width / (count - 1)).toFixed(1)} 0V${height}`} />}
          </svg>
          {!hasAny && <span class="soft none">{empty ?? "Nothing is known of this time"}</span>}
        </div>
        <div class="axis soft small" aria-hidden="true"><span>{stamp(from, utc.value)}</span><span>{stamp(from + Math.max(0, count - 1) * step, utc.value)}</span></div>
      </>}
      <ul class="legend">{lines.map((line, i) => {
        const value = shown === null ? last(line) : line.values[shown] ?? null;
        return <li key={line.label}><svg viewBox="0 0 24 4" width="24" height="4" aria-hidden="true"><path d="M0 2H24" style={{ stroke: `var(--${line.colour})` }} stroke-dasharray={dashes[i % 4]} /></svg>
          {line.label} <b>{value === null ? "–" : show(value)}</b></li>;
      })}</ul>
    </figure>
  );
}

function summary(title: string, lines: Line[], show: (value: number) => string): string {
  const parts = lines.map((line) => {
    const known = line.values.filter((value) => value !== null);
    return known.length === 0 ? `${line.label} unknown` : `${line.label} now ${show(known.at(-1)!)}, at most ${show(Math.max(...known))}`;
  });
  return `${title}: ${parts.join("; ")}. Press t for a table.`;
}

function Table({ title, lines, from, step, show }: { title: string; lines: Line[]; from: number; step: number; show: (value: number) => string }) {
  const count = Math.max(0, ...lines.map((line) => line.values.length));
  const rows = Array.from({ length: count }, (_, i) => count - 1 - i).filter((i) => lines.some((line) => (line.values[i] ?? null) !== null)).slice(0, 200);
  return (
    <div class="table" tabIndex={0} role="region" aria-label={`${title} as a table`}><table><thead><tr><th scope="col">Time</th>{lines.map((line) => <th scope="col" class="num" key={line.label}>{line.label}</th>)}</tr></thead>
      <tbody>{rows.map((i) => <tr key={i}><td>{stamp(from + i * step, utc.value)}</td>{lines.map((line) => {
        const value = line.values[i] ?? null;
        return <td class="num" key={line.label}>{value === null ? "" : show(value)}</td>;
      })}</tr>)}</tbody></table></div>
  );
}
