import { pieces } from "../format/hostile";
import { clockInFull, stampInFull } from "../format/time";
import { go, place } from "../router";
import type { Run, Style } from "./ansi";
import { readable } from "./contrast";
import type { Line } from "./lines";

const palette = ["#000000", "#c4261d", "#188038", "#946c00", "#1a56d6", "#9a34b8", "#007b8a", "#8a8f94",
  "#5f6670", "#e8453c", "#23a455", "#d39e00", "#4a86f7", "#c865e0", "#19a7b8", "#ffffff"];
const ground = { light: { stdout: "#ffffff", stderr: "#fdf3f1" }, dark: { stdout: "#101316", stderr: "#231614" } };
const known = new Map<string, string>();

/** One line of output; `no` adds its number as a link, `times` when it arrived. Colours are raised until they can be read; characters that hide or turn others are tags. */
export function LineView({ line, wrap, found, dark, times, no }: { line: Line; wrap: boolean; found: boolean; dark: boolean; times: boolean; no?: number }) {
  return (
    <div class={`log-line ${line.stream}${wrap ? " wrap" : ""}${found ? " found" : ""}`}>
      {no !== undefined && <a class="no" href={`${place.value.query.size ? `?${place.value.query}` : place.value.path}#L${no}`} onClick={link}>{no}</a>}
      {times && <time class="at" title={stampInFull(line.at)}>{clockInFull(line.at)}</time>}
      <b title={line.stream} aria-hidden="true">{line.stream === "stderr" ? "!" : ""}</b>
      <span>{line.runs.map((run, i) => <RunView key={i} run={run} back={ground[dark ? "dark" : "light"][line.stream]} />)}</span>
    </div>
  );
}

// Puts the line into the address without leaving the page.
function link(event: MouseEvent): void {
  event.preventDefault();
  go((event.currentTarget as HTMLAnchorElement).href, true);
}

function RunView({ run, back }: { run: Run; back: string }) {
  const { style } = run;
  const text = pieces(run.text).map((piece, i) => piece.tag ? <span key={i} class="tag-sign">{piece.text}</span> : piece.text);
  const classes = [style.bold && "a-bold", style.dim && "a-dim", style.italic && "a-italic", style.under && "a-under"].filter(Boolean).join(" ");
  const colours = coloursOf(style, back);
  return classes || colours ? <span class={classes} style={colours ?? undefined}>{text}</span> : <>{text}</>;
}

function coloursOf(style: Style, ground: string): { color?: string; background?: string } | null {
  let [fore, back] = [colourOf(style.fore), colourOf(style.back)];
  if (style.inverse)
    [fore, back] = [back ?? ground, fore ?? (ground < "#8" ? "#e6e8ea" : "#1c2024")];
  if (!fore && !back)
    return null;
  const under = back ?? ground;
  const wanted = fore ?? (under < "#8" ? "#e6e8ea" : "#1c2024");
  const key = wanted + under;
  if (!known.has(key))
    known.set(key, readable(wanted, under));
  return back ? { color: known.get(key)!, background: back } : { color: known.get(key)! };
}

const colourOf = (name: string | null): string | null => name === null ? null : name.startsWith("#") ? name : palette[Number(name)] ?? null;
