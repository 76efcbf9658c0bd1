import { useEffect, useRef, useState } from "preact/hooks";
import { compact } from "../format/numbers";

const histories = new Map<string, [number, number][]>();

/** The values that a figure has had since it was first shown, with their times; at most 120, one each five seconds. */
export function useHistory(name: string, value: number): [number, number][] {
  const [, redraw] = useState(0);
  const latest = useRef(value);
  latest.current = value;
  useEffect(() => {
    const note = () => {
      const points = histories.get(name) ?? [];
      if (Date.now() - (points.at(-1)?.[0] ?? 0) >= 1_000)
        histories.set(name, [...points, [Date.now(), latest.current] as [number, number]].slice(-120));
      redraw((count) => count + 1);
    };
    note();
    const timer = setInterval(note, 5_000);
    return () => clearInterval(timer);
  }, [name]);
  return histories.get(name) ?? [];
}

/** A line through values, from zero up. */
export function Spark({ of, label }: { of: [number, number][]; label: string }) {
  const values = of.map(([, value]) => value);
  const most = Math.max(1, ...values);
  const last = values.at(-1) ?? 0;
  const path = values.map((value, i) => `${i === 0 ? "M" : "L"}${(values.length < 2 ? 0 : 200 * i / (values.length - 1)).toFixed(1)} ${(34 - 32 * value / most).toFixed(1)}`).join("");
  return (
    <>
      <b class="figure">{last < 10 ? Number(last.toFixed(1)) : compact(Math.round(last))}</b>
      <svg class="spark" viewBox="0 0 200 36" preserveAspectRatio="none" role="img" aria-label={`${label}: now ${last.toFixed(1)}, at most ${most.toFixed(1)}`}>
        {values.length > 1 && <path d={`${path}L200 36L0 36Z`} fill="currentColor" opacity=".12" />}
        <path d={path} fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke" />
      </svg>
    </>
  );
}
