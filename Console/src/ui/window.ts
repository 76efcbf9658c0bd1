import { type RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Which rows of a long table are in the page, and how much room those before and behind them take, in pixels. */
export interface Part { first: number; last: number; before: number; behind: number }

const fewest = 120;
const beyond = 20;
const step = 10;

/**
 * The rows in sight and some more, of `count` rows of about `height` pixels; all of a short table. Tables scroll with the window: `top` is
 * where the first row is in it, `sight` the window's height.
 */
export function partOf(count: number, height: number, top: number, sight: number): Part {
  if (count <= fewest)
    return { first: 0, last: count, before: 0, behind: 0 };
  const at = (pixels: number) => Math.floor(pixels / height / step) * step;
  const first = Math.min(Math.max(0, at(-top) - beyond), Math.max(0, count - beyond));
  const last = Math.min(count, Math.max(first + beyond, at(sight - top) + step + beyond));
  return { first, last, before: first * height, behind: (count - last) * height };
}

/** The part of a table that is in the page; it follows the window's scrolling. Rows that make room have the class `gap`. */
export function usePart(count: number): { body: RefObject<HTMLTableSectionElement | null>; part: Part } {
  const body = useRef<HTMLTableSectionElement>(null);
  const height = useRef(36);
  const [part, setPart] = useState<Part>(() => partOf(count, height.current, 0, 1_000));
  useEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      const rows = body.current?.querySelectorAll("tr:not(.gap)");
      if (!body.current || !rows || rows.length === 0)
        return;
      const [first, last] = [rows[0]!.getBoundingClientRect(), rows[rows.length - 1]!.getBoundingClientRect()];
      // A mean that changes a little would move everything.
      const mean = (last.bottom - first.top) / rows.length;
      if (Math.abs(mean - height.current) > 0.1 * height.current)
        height.current = mean;
      const next = partOf(count, height.current, body.current.getBoundingClientRect().top, window.innerHeight);
      setPart((before) => before.first === next.first && before.last === next.last && before.behind === next.behind ? before : next);
    };
    const soon = () => { frame ||= requestAnimationFrame(look); };
    look();
    window.addEventListener("scroll", soon, { passive: true });
    window.addEventListener("resize", soon);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("scroll", soon);
      window.removeEventListener("resize", soon);
    };
  }, [count]);
  return { body, part: part.last > count || count <= fewest ? partOf(count, height.current, 0, 1_000) : part };
}
