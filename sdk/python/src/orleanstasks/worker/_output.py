"""The output of an attempt: what is kept, when it arrived, and how it reaches the service."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from . import node_service_pb2 as pb

STDOUT, STDERR, MARKS = 1, 2, 3
#: Output and marks of at most this size are sent within the result.
INLINE_LIMIT = MARKS_LIMIT = 16 * 1024
TAIL_LIMIT = 4 * 1024
#: Output is sent once so many bytes wait, or the first of them has waited so many seconds.
PIECE, PATIENCE = 64 * 1024, 0.2
#: Progress is reported at most once in so many seconds.
REPORT_EVERY = 1.0


class ArrivalNotes:
    """Decides which arrivals of output get a mark, as docs/worker-protocol.md says."""

    MOST, MOST_WITH_CHANGES, PER_DISTANCE = 20_000, 10_000, 2_000
    SHORTEST_BYTES, SHORTEST_MS = 64 * 1024, 1_000

    def __init__(self) -> None:
        self.count, self.last = 0, 0
        self.length, self.lines = {STDOUT: 0, STDERR: 0}, {STDOUT: 0, STDERR: 0}
        self.marked: dict[int, tuple[int, int]] = {}  # Stream -> time and length at its last mark

    def add(self, stream: int, data: bytes, at: int) -> pb.ArrivalMark | None:
        """Counts bytes that arrived. Returns the mark to send before them, or None."""
        is_new, self.last = stream != self.last, stream
        doublings = self.count // self.PER_DISTANCE
        marked_at, marked_length = self.marked.get(stream, (0, 0))
        is_due = (not marked_at or self.length[stream] - marked_length >= self.SHORTEST_BYTES << doublings
                  or at - marked_at >= self.SHORTEST_MS << doublings)
        mark = None
        if (is_new and self.count < self.MOST_WITH_CHANGES or is_due) and self.count < self.MOST:
            self.count += 1
            self.marked[stream] = (at, self.length[stream])
            mark = pb.ArrivalMark(stream=stream, offset=self.length[stream], line=self.lines[stream], at=at)
        self.length[stream] += len(data)
        self.lines[stream] += data.count(b"\n")
        return mark


class ProgressLines:
    """Finds lines such as `::progress 42.5% reading users` in a stream that arrives in pieces.
    With `hides`, removes them from the stream."""

    MARK, LONGEST_LINE, LONGEST_MESSAGE = b"::progress ", 1024, 200

    def __init__(self, hides: bool = False) -> None:
        self._hides = hides
        self._begun: bytes | None = b""  # The unfinished line, as long as it may be progress; then None

    def add(self, data: bytes) -> tuple[tuple[int, str] | None, bytes]:
        """Reads the next piece. Returns its last progress, in hundredths of a percent and with its message, or None; and
        the bytes for the output. These are the piece; with `hides`, the other lines, and not yet the start of a line that
        may be progress."""
        found, others = None, bytearray()
        *lines, rest = data.split(b"\n")
        for line in lines:
            if self._begun is not None and (progress := self.parse(self._begun + line)):
                found = progress
            elif self._hides:
                others += (self._begun or b"") + line + b"\n"
            self._begun = b""
        if self._begun is None:
            others += rest
        else:
            self._begun += rest
            if not self._begun.startswith(self.MARK[:len(self._begun)]) or len(self._begun) > self.LONGEST_LINE:
                others += self._begun
                self._begun = None
        return found, bytes(others) if self._hides else data

    def end(self) -> bytes:
        """Returns what was held back: the start of a line that has no end, and so is not progress."""
        last, self._begun = self._begun or b"", b""
        return last if self._hides else b""

    @classmethod
    def parse(cls, line: bytes) -> tuple[int, str] | None:
        if not line.startswith(cls.MARK) or len(line) > cls.LONGEST_LINE:
            return None
        number, _, message = line[len(cls.MARK):].decode(errors="replace").strip().replace("\t", " ").partition(" ")
        number = number.rstrip("%")
        if not re.fullmatch(r"[0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20}", number) or float(number) > 100:
            return None
        return int(float(number) * 100 + 1e-6), "".join(c for c in message if c.isprintable()).strip()[:cls.LONGEST_MESSAGE]


class Output:
    """What an attempt writes. One thread adds and flushes."""

    def __init__(self, lease: pb.Lease, limit: int, send: Callable[[list[pb.OutputChunk]], None],
                 report: Callable[[pb.AttemptProgress], None] = lambda _: None, hides_progress: bool = False) -> None:
        """`limit` is how many bytes of each stream are kept. `send` returns once the chunks are stored, or not wanted.
        `report` takes the latest progress, at most once a second, and at the end. With `hides_progress`, its lines are
        not kept."""
        self._lease, self._limit, self._send, self._report = lease, limit, send, report
        self._lines = {STDOUT: ProgressLines(hides_progress), STDERR: ProgressLines(hides_progress)}
        self._progress: pb.AttemptProgress | None = None
        self._reported_at = float("-inf")
        self._waiting = {STDOUT: bytearray(), STDERR: bytearray(), MARKS: bytearray()}
        self._sent = {STDOUT: 0, STDERR: 0, MARKS: 0}
        self._tail = {STDOUT: b"", STDERR: b""}
        self._notes = ArrivalNotes()
        self._waits_since: float | None = None
        self.truncated = False

    def add(self, stream: int, data: bytes) -> None:
        found, kept = self._lines[stream].add(data)
        if found:
            self._progress = pb.AttemptProgress(lease=self._lease, hundredths=found[0], message=found[1])
            if time.monotonic() >= self._reported_at + REPORT_EVERY:
                self._report_progress()
        self._keep(stream, kept)

    def _keep(self, stream: int, data: bytes) -> None:
        self._tail[stream] = (self._tail[stream] + data)[-TAIL_LIMIT - 3:]
        kept = data[:max(0, self._limit - self._notes.length[stream])]
        self.truncated |= len(kept) < len(data)
        if not kept:
            return
        if mark := self._notes.add(stream, kept, time.time_ns() // 1_000_000):
            self._waiting[MARKS] += pb.ArrivalMarks(marks=[mark]).SerializeToString()
        self._waiting[stream] += kept
        if self._waits_since is None:
            self._waits_since = time.monotonic()

    def due(self) -> float | None:
        """In how many seconds output must be sent; None if there is none."""
        if self._waits_since is None:
            return None
        if len(self._waiting[STDOUT]) + len(self._waiting[STDERR]) >= PIECE:
            return 0
        return max(0.0, self._waits_since + PATIENCE - time.monotonic())

    def flush(self) -> None:
        """Sends what waits, marks first. Returns once it is stored."""
        chunks = []
        for stream in (MARKS, STDOUT, STDERR):
            if data := bytes(self._waiting[stream]):
                chunks.append(pb.OutputChunk(lease=self._lease, stream=stream, offset=self._sent[stream], data=data))
                self._sent[stream] += len(data)
                self._waiting[stream].clear()
        self._waits_since = None
        if chunks:
            self._send(chunks)

    def _report_progress(self) -> None:
        if self._progress is not None:
            self._report(self._progress)
            self._progress, self._reported_at = None, time.monotonic()

    def complete(self, result: pb.Result, message: str = "") -> None:
        """Describes the output in a result, with what is left of it if that is all and fits. `message` ends the tail."""
        self._report_progress()
        for stream in (STDOUT, STDERR):
            self._keep(stream, self._lines[stream].end())
        fits = (not any(self._sent.values()) and len(self._waiting[MARKS]) <= MARKS_LIMIT
                and len(self._waiting[STDOUT]) + len(self._waiting[STDERR]) <= INLINE_LIMIT)
        if fits:
            result.inline = True
            result.stdout, result.stderr = bytes(self._waiting[STDOUT]), bytes(self._waiting[STDERR])
            result.marks = bytes(self._waiting[MARKS])
        else:
            self.flush()
        result.stdout_bytes, result.stderr_bytes = self._notes.length[STDOUT], self._notes.length[STDERR]
        result.truncated = self.truncated
        text = "".join(self._end_of(stream) for stream in (STDOUT, STDERR))
        result.tail = (text + ("\n" if text and message else "") + message).encode()

    def _end_of(self, stream: int) -> str:
        tail = self._tail[stream]
        cut = tail[-TAIL_LIMIT:]
        if len(tail) > TAIL_LIMIT:
            # A character that is cut in two is left out.
            while cut and cut[0] & 0xC0 == 0x80:
                cut = cut[1:]
        return cut.decode(errors="replace")
