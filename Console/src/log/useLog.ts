import { useEffect, useRef, useState } from "preact/hooks";
import { call, get } from "../api/client";
import { Problem } from "../api/problem";
import type { OutputIndex, Task } from "../api/types";
import { isFinal } from "../api/types";
import { EventParser, readEvents } from "../live/sse";
import { refresh } from "../store/resource";
import { LogLines } from "./lines";

/** How much of the end of each stream is loaded at first, and at most, in bytes. */
export const firstRoom = 1024 * 1024;
export const mostRoom = 8 * firstRoom;

interface Piece { stream: "stdout" | "stderr"; text: string; attempt: number; at?: string }

export interface LogState { log: LogLines; version: number; problem: Problem | null; ended: boolean; skipped: number }

/** A task's output: of the latest attempt as it comes, of an earlier one as it was. */
export function useLog(task: Task, attempt: number | null, room: number): LogState {
  const log = useRef(new LogLines());
  const [state, setState] = useState({ version: 0, problem: null as Problem | null, ended: false, skipped: 0 });
  const wanted = attempt ?? task.attempt;
  // A retry of an ended task is a new attempt; until then nothing follows the end.
  const final = isFinal(task.state);
  useEffect(() => {
    const stop = new AbortController();
    log.current.clear();
    setState({ version: 0, problem: null, ended: false, skipped: 0 });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const changed = (values: Partial<typeof state> = {}) => {
      // One redraw a tenth of a second, however fast the output comes.
      if (Object.keys(values).length > 0)
        setState((before) => ({ ...before, ...values, version: before.version + 1 }));
      else
        timer ??= setTimeout(() => { timer = undefined; setState((before) => ({ ...before, version: before.version + 1 })); }, 100);
    };
    const read = attempt !== null && attempt !== task.attempt ? earlier(task.id, attempt, room, log.current, stop.signal, changed) : latest(task, room, log.current, stop.signal, changed);
    read.then((skipped) => changed({ ended: true, skipped }), (thrown) => {
      const problem = Problem.from(thrown);
      if (problem && !stop.signal.aborted)
        changed({ problem, ended: true });
    });
    return () => { stop.abort(); clearTimeout(timer); };
  }, [task.id, wanted, room, final && wanted === task.attempt]);
  return { log: log.current, ...state };
}

async function earlier(id: string, attempt: number, room: number, log: LogLines, signal: AbortSignal, changed: () => void): Promise<number> {
  const index = await get<OutputIndex>(`/tasks/${id}/attempts/${attempt}/output/index`);
  const starts = [index.streams.stdout.bytes, index.streams.stderr.bytes].map((bytes) => Math.max(0, bytes - room));
  const skipped = starts[0]! + starts[1]!;
  const response = await call("GET", `/tasks/${id}/logs?attempt=${attempt}`,
    { signal, accept: "text/event-stream", headers: skipped > 0 ? { "last-event-id": `${attempt}-${starts[0]}-${starts[1]}` } : {} });
  await readEvents(response, new EventParser(), (event) => {
    if (event.name !== "end") {
      const piece = JSON.parse(event.data) as Piece;
      log.feed(piece.stream, piece.text, piece.at ?? null);
      changed();
    }
  });
  return skipped;
}

async function latest(task: Task, room: number, log: LogLines, signal: AbortSignal, changed: (values?: { skipped: number }) => void): Promise<number> {
  const follow = !isFinal(task.state);
  const starts = [task.output.stdoutBytes, task.output.stderrBytes].map((bytes) => Math.max(0, bytes - room));
  const skipped = starts[0]! + starts[1]!;
  let from = skipped > 0 ? `${task.attempt}-${starts[0]}-${starts[1]}` : null;
  for (let isOver = false; !isOver && !signal.aborted;) {
    const parser = new EventParser();
    try {
      const response = await call("GET", `/tasks/${task.id}/logs${follow ? "?follow=true" : ""}`,
        { signal, accept: "text/event-stream", headers: from ? { "last-event-id": from } : {} });
      let shown = task.attempt;
      await readEvents(response, parser, (event) => {
        if (event.name === "end") {
          isOver = true;
          return;
        }
        const piece = JSON.parse(event.data) as Piece;
        if (piece.attempt !== shown && shown > 0)
          log.clear();
        shown = piece.attempt;
        log.feed(piece.stream, piece.text, piece.at ?? null);
        changed();
      });
      isOver ||= !follow;
    } catch (thrown) {
      // A stream that is cut goes on where it was; a refusal does not change by asking again.
      if (signal.aborted || !follow || (thrown instanceof Problem && thrown.status < 500))
        throw thrown;
    }
    from = parser.lastId ?? from;
    if (!isOver)
      await new Promise((done) => setTimeout(done, 1_000));
  }
  if (follow && !signal.aborted)
    refresh(`/tasks/${task.id}`);
  return skipped;
}
