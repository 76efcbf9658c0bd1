import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { OutputIndex, Task } from "../api/types";
import { bytes, count, plural } from "../format/numbers";
import { place, setQuery } from "../router";
import { isDark } from "../shell/theme";
import { remembered } from "../store/remembered";
import { useResource } from "../store/resource";
import { Button, Icon, ProblemBox, Text } from "../ui/parts";
import { LineView } from "./LineView";
import { LogSearch } from "./LogSearch";
import type { Line } from "./lines";
import { mark } from "./mark";
import { firstRoom, mostRoom, useLog } from "./useLog";

/** Whether lines are shown with the time at which they arrived. */
const times = remembered<boolean>("otask.logTimes", false);
const lineHeight = 18;
const wrapped = 2_000;
const leastHeight = 240;

/** A task's output: both streams or one, found words, colours, and the end followed until the reader scrolls up. */
export function LogView({ task, attempt }: { task: Task; attempt: number | null }) {
  const [room, setRoom] = useState(firstRoom);
  const { log, version, problem, ended, skipped } = useLog(task, attempt, room);
  const stream = place.value.query.get("stream") ?? "both";
  const [wrap, setWrap] = useState(false);
  const find = place.value.query.get("find") ?? "";
  const setFind = (text: string) => setQuery({ find: text });
  const [at, setAt] = useState(0);
  const no = attempt ?? task.attempt;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [tall, setTall] = useState(leastHeight);
  const [follows, setFollows] = useState(true);
  const lines = useMemo(() => log.all().filter((line) => stream === "both" || line.stream === stream), [version, stream]);
  const matches = useMemo(() => find === "" ? [] : lines.flatMap((line, i) => line.text.toLowerCase().includes(find.toLowerCase()) ? [i] : []), [lines, find]);
  useLayoutEffect(() => {
    if (follows && box.current)
      box.current.scrollTop = box.current.scrollHeight;
  }, [lines, follows, wrap]);
  useEffect(() => {
    const line = matches[at % Math.max(1, matches.length)];
    if (line !== undefined && box.current) {
      setFollows(false);
      box.current.scrollTop = Math.max(0, line * lineHeight - 100);
    }
  }, [at, find]);
  // Fills the rest of the window, so that the end of the log is visible.
  useLayoutEffect(() => {
    const measure = () => setTall(Math.max(leastHeight, window.innerHeight - (box.current!.getBoundingClientRect().top + window.scrollY) - 24));
    measure();
    window.addEventListener("resize", measure);
    return () => window.removeEventListener("resize", measure);
  }, [task.state, skipped > 0]);
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    setTop(scrollTop);
    setFollows(scrollHeight - scrollTop - clientHeight < 24);
  };
  const height = box.current?.clientHeight ?? 600;
  const first = wrap ? Math.max(0, lines.length - wrapped) : Math.max(0, Math.floor(top / lineHeight) - 20);
  const last = wrap ? lines.length : Math.min(lines.length, Math.ceil((top + height) / lineHeight) + 20);
  const below = wrap ? 0 : Math.max(0, lines.length - Math.ceil((top + height) / lineHeight));
  const chosen = matches[at % Math.max(1, matches.length)];
  // Lines count from the beginning. Without it, they count back from how many there are, once there are no more.
  const isWhole = skipped === 0 && log.dropped === 0;
  const sizes = useResource<OutputIndex>(isWhole || !ended || no === 0 ? null : `/tasks/${task.id}/attempts/${no}/output/index`, 3_600_000).data?.streams;
  const all = sizes && (stream === "stdout" || stream === "stderr" ? sizes[stream].lines : sizes.stdout.lines !== null && sizes.stderr.lines !== null ? sizes.stdout.lines + sizes.stderr.lines : null);
  const before = isWhole ? 0 : typeof all === "number" ? all - lines.length : null;
  const linked = before === null ? -1 : Number(/^L(\d+)$/.exec(place.value.hash)?.[1] ?? 0) - 1 - before;
  useEffect(() => {
    if (linked >= 0 && linked < lines.length && box.current) {
      setFollows(false);
      box.current.scrollTop = Math.max(0, linked * lineHeight - 100);
    }
  }, [linked, ended]);
  useLayoutEffect(() => mark(box.current, find));
  const save = (name: string) => `/api/v1/tasks/${task.id}/attempts/${no}/output/${name}`;
  const step = (by: number) => setAt(at + by + matches.length);
  return (
    <section class="log" aria-label="Output">
      <div class="log-tools">
        <select aria-label="Stream" value={stream} onChange={(event) => setQuery({ stream: event.currentTarget.value === "both" ? null : event.currentTarget.value })}>
          <option value="both">stdout and stderr</option><option value="stdout">stdout</option><option value="stderr">stderr</option></select>
        <input type="search" placeholder="Find" aria-label="Find in the output" value={find} onInput={(event) => { setFind(event.currentTarget.value); setAt(0); }}
          onKeyDown={(event) => event.key === "Enter" && step(event.shiftKey ? -1 : 1)} />
        {find && <span class="soft small" role="status">{matches.length === 0 ? isWhole ? "not found" : "not in the loaded part" : `${at % matches.length + 1} of ${count(matches.length)}`}</span>}
        {matches.length > 1 && <><Button kind="bare" icon="up" label="Previous" onClick={() => step(-1)} /><Button kind="bare" icon="down" label="Next" onClick={() => step(1)} /></>}
        <span class="grow" />
        <Button pressed={follows} onClick={() => setFollows(!follows)}>Follow</Button>
        <Button pressed={wrap} onClick={() => setWrap(!wrap)}>Wrap</Button>
        <Button pressed={times.value} onClick={() => { times.value = !times.value; }}>Times</Button>
        {task.attempt > 0 && <><a class="button" href={save("stdout")} download={`${task.id}-stdout.txt`} title="Download stdout"><Icon name="download" />stdout</a>
          <a class="button no-phone" href={save("stderr")} download={`${task.id}-stderr.txt`} title="Download stderr"><Icon name="download" />stderr</a></>}
      </div>
      {problem && <ProblemBox problem={problem} />}
      {skipped > 0 && <div class="log-note first">The first {bytes(skipped)} are not loaded.
        {room < mostRoom ? <Button onClick={() => { setFollows(false); setRoom(Math.min(mostRoom, 4 * room)); }}>Load earlier output</Button> : " Save the output to have all of it."}</div>}
      {find.length > 1 && !isWhole && <LogSearch id={task.id} attempt={no} find={find} stream={stream} />}
      <div class={`log-lines ${lines.length < 20 ? "small" : ""}`} style={{ "--tall": `${tall}px` }} ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-live="off">
        <div style={wrap ? {} : { paddingTop: `${first * lineHeight}px`, height: `${Math.max(1, lines.length) * lineHeight}px`, boxSizing: "border-box" }}>
          {lines.slice(first, last).map((line: Line, i) => <LineView key={first + i} line={line} wrap={wrap} found={first + i === chosen || first + i === linked} dark={isDark()} times={times.value}
            no={before === null ? undefined : before + first + i + 1} />)}
        </div>
        {lines.length === 0 && <div class="empty">{ended ? <b>No output</b> : task.state === "running" ? <b>No output yet</b> : <b>The task has not started</b>}</div>}
        {!follows && below > 0 && <span class="log-below"><Button onClick={() => setFollows(true)}>{plural(below, "line")} below</Button></span>}
      </div>
      {(log.dropped > 0 || task.output.truncated || (wrap && lines.length > wrapped)) && <div class="log-note">
        {log.dropped > 0 && `${plural(log.dropped, "earlier line")} not shown. `}
        {task.output.truncated && "More was written than is kept: the middle or end was dropped. "}
        {wrap && lines.length > wrapped && `Wrapped, only the last ${count(wrapped)} lines are shown.`}<Text>{""}</Text></div>}
    </section>
  );
}
