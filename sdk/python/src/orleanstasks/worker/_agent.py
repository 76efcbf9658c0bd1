"""The worker: sessions, leases, attempts and their reports, over the protocol of docs/worker-protocol.md."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import fcntl
import logging
import math
import os
import queue
import random
import re
import resource
import secrets
import selectors
import shutil
import signal
import socket
import stat
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import grpc

from .. import words
from ..tasks import LABEL_PREFIX, LABEL_VALUE
from . import _files
from . import node_service_pb2 as pb
from ._files import Cache, FileFault, Plane, Stopped
from ._identity import Identity, IdentityRefused
from ._output import STDERR, STDOUT, Output
from ._process import FunctionProcess, ModuleBroken, Running

SERVICE = "/orleanstasks.v1.NodeService/"
METADATA = (("orleanstasks-version", "1"),)
CALL_TIMEOUT = 10.0
KILL_MARGIN_MS = 2_000
LARGEST_RESULT = 64 * 1024
LARGEST_BATCH = 2 * 1024 * 1024
REMEMBERED = 16 * 1024
REMEMBERED_SESSIONS = 64
#: How long functions may clean up after the drain time, and how long the last reports may take.
PUT_BACK_GRACE, LAST_REPORTS = 2.0, 5.0
#: The codes with which a service refuses the worker's identity, and those with which it refuses a request to join.
IDENTITY_REFUSALS = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
JOIN_REFUSALS = (
    *IDENTITY_REFUSALS, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED)

log = logging.getLogger("orleanstasks.worker")
Reason = pb.Result
EndReason = int


class NameTaken(Exception):
    """Another worker has the name."""


class FolderInUse(Exception):
    """Another worker has the data folder."""


def now_ms() -> int:
    """A clock that goes on while the machine is suspended."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class LeaseClock:
    """Until when the attempts of each queue may run. A deadline never moves back. The owner does the locking."""

    def __init__(self) -> None:
        self._terms: dict[str, int] = {}
        # From when all leases count: the last registration at which the worker held nothing.
        self._everything: int | None = None
        self._usable: int | None = None

    def learn(self, lease_ms: int) -> None:
        # With a short lease the margin is half of it, so that attempts have time to run.
        self._usable = lease_ms - min(KILL_MARGIN_MS, lease_ms // 2)

    def renew_everything(self, sent_at: int) -> None:
        self._everything = sent_at

    def renew(self, terms: Mapping[str, int], sent_at: int) -> None:
        for name, as_of in terms.items():
            self._terms[name] = max(self._terms.get(name, 0), min(as_of, sent_at))
        now = now_ms()
        for name in [name for name, as_of in self._terms.items() if as_of + (self._usable or 0) <= now]:
            del self._terms[name]

    def left(self, name: str, as_of: int) -> float:
        """How many seconds an attempt of a queue may still run."""
        known = [start for start in (self._everything, self._terms.get(name), as_of or None) if start is not None]
        return (max(known) + self._usable - now_ms()) / 1000 if known and self._usable is not None else -1.0

    def is_over(self, as_of: int) -> bool:
        return self._usable is not None and now_ms() - as_of >= self._usable


class Link:
    """A session over a connection."""

    def __init__(self, channel: grpc.Channel) -> None:
        def method(kind: Any, name: str, request: Any, answer: Any) -> Any:
            return kind(SERVICE + name, request_serializer=request.SerializeToString, response_deserializer=answer.FromString)

        self.report_status = method(channel.unary_unary, "ReportStatus", pb.StatusReport, pb.StatusAnswer)
        self.assign_task = method(channel.unary_stream, "AssignTask", pb.AssignRequest, pb.Commands)
        self.report = Exchange(method(channel.stream_stream, "Report", pb.Progress, pb.ProgressAnswer))
        self.output = Exchange(method(channel.stream_stream, "WriteOutput", pb.OutputChunks, pb.OutputAnswer))
        fetch_file = method(channel.unary_stream, "FetchFile", pb.FetchRequest, pb.FetchBlock)
        missing_files = method(channel.unary_unary, "MissingFiles", pb.MissingRequest, pb.MissingAnswer)
        store_file = method(channel.stream_unary, "StoreFile", pb.StoreBlock, pb.StoreAnswer)
        name_artifacts = method(channel.unary_unary, "NameArtifacts", pb.ArtifactPage, pb.ArtifactAnswer)
        # A stream of bytes has no deadline. Its caller cancels it if it moves no bytes.
        self.fetch_file = lambda request: fetch_file(request, metadata=METADATA)
        self.missing_files = lambda request: missing_files(request, timeout=CALL_TIMEOUT, metadata=METADATA)
        self.store_file = lambda blocks: store_file.future(blocks, metadata=METADATA)
        self.name_artifacts = lambda page: name_artifacts(page, timeout=CALL_TIMEOUT, metadata=METADATA)
        self.session = 0
        self.broken = threading.Event()

    def close(self) -> None:
        self.broken.set()
        self.report.close()
        self.output.close()


class Exchange:
    """A stream on which each message has one answer, and one message at a time is on its way. Used by one thread."""

    def __init__(self, method: Any) -> None:
        self._method = method
        self._messages: queue.SimpleQueue[Any] | None = None
        self._answers: Any = None

    def ask(self, message: Any) -> Any:
        """Sends a message. Returns its answer; raises a grpc.RpcError if the stream has failed, which the next message opens again."""
        messages = self._messages
        if messages is None:
            messages = self._messages = queue.SimpleQueue()
            self._answers = self._method(iter(messages.get, None), metadata=METADATA)
        messages.put(message)
        try:
            return next(self._answers)
        except StopIteration:
            self.close()
            raise grpc.RpcError("the service ended the stream") from None
        except grpc.RpcError:
            self.close()
            raise

    def close(self) -> None:
        messages, self._messages = self._messages, None
        if messages is not None:
            messages.put(None)


class Attempt:
    """An attempt from its command until its report is settled. The worker's lock guards what changes."""

    def __init__(self, start: pb.Start) -> None:
        self.start, self.lease, self.token = start, start.lease, bytes(start.lease.token)
        self.running: Running | None = None
        self.is_over = False
        #: Why it was asked to end: a reason, or None. `is_put_back`: it runs elsewhere, uncounted.
        self.stop: EndReason | None = None
        self.is_put_back = False
        self.timeout_at: float = math.inf
        self.kill_at: float = math.inf
        #: Killed: its output is of no use any more.
        self.is_killed = threading.Event()


class Worker:
    """Runs the functions of modules as tasks of a service.

    modules: names of modules, or paths of files that end with `.py`. They are imported once, in a process of their own,
    which forks a process for each attempt.
    master: `HOST:PORT` of a silo, or several.
    name: the node's name, unique among the workers; by default the machine's.
    slots: how many tasks run at once; by default the number of processors.
    labels: what tasks can require, besides `handler/NAME=true` for each function.
    data: the worker's data folder; by default `data/workers/MASTER/NAME`.
    join_token: for a service on another machine or with keys; by default OTASK_JOIN_TOKEN. Needed once; with a
        different one, the worker joins again.
    drain: how many seconds functions may go on after SIGTERM.
    file_cache: how many bytes of input files the worker keeps that no task needs at the moment.
    """

    def __init__(
        self, *modules: str, master: str | Sequence[str] = "127.0.0.1:50051", name: str | None = None, slots: int | None = None,
        labels: Mapping[str, str] | None = None, data: str | None = None, join_token: str | None = None, drain: float = 10.0,
        file_cache: int = 1 << 30,
    ) -> None:
        if not modules:
            raise ValueError("the worker needs a module that has functions with @task")
        self.masters = [master] if isinstance(master, str) else list(master)
        self.name = name or re.sub(r"[^A-Za-z0-9._-]", "-", os.uname().nodename)
        self.slots = slots or os.cpu_count() or 1
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,200}", self.name):
            raise ValueError(f"name: {self.name!r} is not up to 200 characters of A-Z, a-z, 0-9, '.', '_' and '-'")
        if not 1 <= self.slots <= 10_000:
            raise ValueError(f"slots: {self.slots} is not from 1 to 10,000")
        for address in self.masters:
            if not re.fullmatch(r".+:\d{1,5}", address):
                raise ValueError(f"master: {address!r} is not HOST:PORT")
        self.folder = os.path.abspath(data or os.path.join("data", "workers", self.masters[0].replace(":", "-"), self.name))
        self.drain = drain
        self._file_cache = file_cache
        self._modules, self._labels = list(modules), dict(labels or {})
        self._token = join_token if join_token is not None else os.environ.get("OTASK_JOIN_TOKEN", "")
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)  # Of the link, of what is to report, of attempts
        self._leases = LeaseClock()
        self._held: dict[bytes, Attempt] = {}
        self._gone: collections.OrderedDict[bytes, bool] = collections.OrderedDict()  # Token -> whether to refuse it
        self._sessions: collections.deque[int] = collections.deque(maxlen=REMEMBERED_SESSIONS)
        self._link: Link | None = None
        self._progress: list[tuple[str, Any]] = []
        self._output: list[tuple[list[pb.OutputChunk], threading.Event]] = []
        self._hurry = threading.Event()
        self._leaving_since: float | None = None
        self._is_hasty = False
        self._fault: str | None = None
        self._heartbeat = 2.0
        self._news: dict[str, float] = {}

    def run(self) -> None:
        """Runs until SIGTERM, SIGINT or `stop`. Raises if the worker cannot run at all."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        locks = self._lock_folder()
        try:
            self._instance, is_known = self._read_instance()
            self._work = os.path.join(self.folder, "work")
            _remove(self._work)
            # What the system does not let go is in nobody's way: each attempt has a folder of its own name.
            os.makedirs(self._work, mode=0o700, exist_ok=True)
            self._copies = os.path.join(self.folder, "cache")
            _remove(self._copies)
            os.makedirs(self._copies, mode=0o700, exist_ok=True)
            self._cache = Cache(self._copies, self._file_cache)
            self._trees_dead = self._are_dead(locks[1]) and is_known
            self._functions = FunctionProcess(self._modules, kept=locks[1], on_end=self._hurry.set)
            try:
                if not self._functions.names:
                    raise ModuleBroken(f"{', '.join(self._modules)}: there is no function with @task and a body.")
                # The process that forks functions has already started, so functions keep the original limit.
                _raise_descriptor_limit()
                self._serve_apart()
            finally:
                self._functions.close()
        finally:
            for lock in locks:
                os.close(lock)

    def stop(self) -> None:
        """Takes no more tasks, and ends the worker once its functions have ended or `drain` is over. Twice: at once."""
        if self._leaving_since is None:
            self._leaving_since = time.monotonic()
        else:
            self._is_hasty = True
        self._hurry.set()

    # Sessions

    def _serve_apart(self) -> None:
        """Serves on another thread, so that a signal finds this one outside of every lock."""
        with concurrent.futures.ThreadPoolExecutor(1, "serve") as apart:
            if threading.current_thread() is not threading.main_thread():
                apart.submit(self._serve).result()
                return
            # The system may give a signal to any thread, which does not wake this one, where Python handles it.
            # So this one waits for a byte, which Python writes for each signal.
            woken, waking = socket.socketpair()
            with woken, waking:
                waking.setblocking(False)
                signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, lambda *_: self.stop())
                over = threading.Event()

                def serve() -> None:
                    try:
                        self._serve()
                    finally:
                        over.set()
                        waking.send(b"\0")

                serving = apart.submit(serve)
                try:
                    while not over.is_set():
                        woken.recv(1)
                    serving.result()
                finally:
                    signal.set_wakeup_fd(-1)

    def _serve(self) -> None:
        self._identity = Identity(self.folder, self._instance)
        self._join()
        for work in (self._tell_progress, self._tell_output, self._watch):
            threading.Thread(target=_crash_only, args=(work,), name=work.__name__.strip("_"), daemon=True).start()
        tries = 0
        master = 0
        while not self._has_left():
            try:
                began = time.monotonic()
                with self._identity.channel(self.masters[master % len(self.masters)]) as channel:
                    self._session(Link(channel))
                if time.monotonic() - began > self._heartbeat:
                    tries = 0
                else:
                    tries += 1
                    self._pause(min(1.0, 0.05 * 2 ** min(tries, 6)) * random.uniform(0.5, 1))
            except grpc.RpcError as failure:
                self._report_news(f"{self.masters[master % len(self.masters)]}: {_words_of(failure)}")
                master += 1
                tries += 1
                self._pause(min(1.0, 0.05 * 2 ** min(tries, 6)) * random.uniform(0.5, 1))
            finally:
                with self._changed:
                    if self._link is not None:
                        self._link.close()
                    self._link = None
        if self._fault is not None:
            raise RuntimeError(self._fault)

    def _session(self, link: Link) -> None:
        """Opens a session and keeps it until it is over. Raises a grpc.RpcError if the connection fails."""
        with self._lock:
            is_idle = not self._held
            report = self._status(0)
        report.registration.CopyFrom(self._registration(is_idle))
        try:
            answer = link.report_status(report, timeout=CALL_TIMEOUT, metadata=METADATA)
        except grpc.RpcError as refusal:
            # Each connection uses the newest certificate, so the service would refuse another connection as well.
            if isinstance(refusal, grpc.Call) and refusal.code() in IDENTITY_REFUSALS:
                raise IdentityRefused(refusal.details()) from None
            raise
        if answer.outcome == pb.StatusAnswer.NAME_TAKEN:
            if answer.lease_ms == 0:
                raise NameTaken(f"Another worker has the name '{self.name}'. Choose another one with --name.")
            raise grpc.RpcError(f"The service does not know yet whether another worker has the name '{self.name}'.")
        if answer.outcome != pb.StatusAnswer.OK:
            raise grpc.RpcError(f"the registration was answered with {answer.outcome}")
        lease = answer.lease_ms / 1000
        self._heartbeat = answer.heartbeat_ms / 1000
        with self._changed:
            self._leases.learn(answer.lease_ms)
            if is_idle:
                self._leases.renew_everything(report.sent_at)
            link.session = answer.session
            self._sessions.append(answer.session)
            self._link = link
            self._changed.notify_all()
        commands = link.assign_task(pb.AssignRequest(node_id=self.name, session=link.session), metadata=METADATA)
        threading.Thread(target=self._receive, args=(link, commands), name="commands", daemon=True).start()
        if len(self._sessions) == 1:
            _say("worker node started")
        try:
            if not is_idle:
                self._hurry.set()
            while not link.broken.is_set():
                self._hurry.wait(self._heartbeat)
                self._hurry.clear()
                if self._functions.ended.is_set() and self._fault is None:
                    self._fault = "The process that runs the functions has ended."
                    self._leaving_since, self._is_hasty = time.monotonic(), True
                if not link.broken.is_set() and not self._beat(link, lease):
                    return
                if self._leave(link, lease) or self._is_late():
                    return
        finally:
            commands.cancel()

    def _beat(self, link: Link, lease: float) -> bool:
        with self._lock:
            report = self._status(link.session)
        report.certificate_request = self._identity.renewal()
        answer = link.report_status(report, timeout=min(CALL_TIMEOUT, lease / 4), metadata=METADATA)
        if answer.outcome != pb.StatusAnswer.OK:
            return False
        self._news.clear()
        with self._lock:
            if answer.lease_ms:
                self._leases.learn(answer.lease_ms)
            self._leases.renew({term.queue: term.as_of for term in answer.terms}, report.sent_at)
        listed = {bytes(held.token) for held in report.held}
        for revoked in answer.kill:
            with self._lock:
                attempt = self._held.get(bytes(revoked.token))
            # One that has started since the heartbeat goes on.
            if attempt is None or bytes(revoked.token) in listed:
                self._revoke(revoked)
        if answer.certificate:
            self._identity.renew(answer.certificate)
        return True

    def _status(self, session: int) -> pb.StatusReport:
        return pb.StatusReport(
            node_id=self.name, session=session, held=[attempt.lease for attempt in self._held.values()], load=os.getloadavg()[0],
            memory_bytes=os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), leaving=self._leaving_since is not None,
            sent_at=max(1, now_ms()))

    def _registration(self, is_idle: bool) -> pb.Registration:
        return pb.Registration(
            instance=self._instance, slots=self.slots, version=f"python {sys.version_info.major}.{sys.version_info.minor}", results=True,
            labels={**self._labels, **{LABEL_PREFIX + name: LABEL_VALUE for name in self._functions.names}},
            run_sessions=list(self._sessions), trees_dead=self._trees_dead and is_idle, handlers_only=True,
            files=True)

    def _receive(self, link: Link, commands: Any) -> None:
        try:
            for message in commands:
                for start in message.start:
                    self._take(start, link)
                for lease in message.cancel:
                    self._cancel(lease)
                for lease in message.kill:
                    self._revoke(lease)
        except grpc.RpcError:
            pass  # The heartbeat finds out why.
        finally:
            link.broken.set()
            self._hurry.set()

    def _join(self) -> None:
        if not self._token:
            self._identity.check(self.masters)
            return
        while self._leaving_since is None:
            for master in self.masters:
                try:
                    self._identity.join(master, self.name, self._token)
                    return
                except (grpc.RpcError, OSError) as failure:
                    if isinstance(failure, grpc.Call) and failure.code() in JOIN_REFUSALS:
                        raise IdentityRefused(failure.details()) from None
                    self._report_news(f"waits for {master} to join: {_words_of(failure)}")
            self._pause(1.0)

    # Leaving

    def _leave(self, link: Link, lease: float) -> bool:
        """Whether the worker has left: its attempts have ended or were put back, and the service knows."""
        if self._leaving_since is None:
            return False
        self._put_back_late()
        with self._changed:
            if self._held or self._progress:
                # Ends and settled reports wake this up.
                self._changed.wait(min(self._heartbeat, 0.2))
            if self._held or self._progress:
                self._hurry.set()
                return False
            report = self._status(link.session)
        report.goodbye = True
        link.report_status(report, timeout=min(CALL_TIMEOUT, lease / 4), metadata=METADATA)
        return True

    def _has_left(self) -> bool:
        """Whether there is nothing to wait for any more, even if the service cannot be reached."""
        if self._leaving_since is None:
            return False
        self._put_back_late()
        with self._lock:
            return not self._held and not self._progress or self._is_late()

    def _is_late(self) -> bool:
        """Whether the time for the last reports is over."""
        if self._leaving_since is None:
            return False
        over = time.monotonic() - self._leaving_since - (0 if self._is_hasty else self.drain)
        return over > PUT_BACK_GRACE + LAST_REPORTS

    def _put_back_late(self) -> None:
        assert self._leaving_since is not None
        if self._is_hasty or time.monotonic() - self._leaving_since >= self.drain:
            with self._changed:
                for attempt in self._held.values():
                    if not attempt.is_over and not attempt.is_put_back and attempt.stop is None:
                        attempt.is_put_back = True
                        self._ask_to_end(attempt, Reason.NODE_LOST, PUT_BACK_GRACE)

    # Commands

    def _take(self, start: pb.Start, link: Link) -> None:
        token = bytes(start.lease.token)
        with self._lock:
            # What comes over the stream of an earlier session was promised not to start.
            if link is not self._link or token in self._held or self._gone.get(token) is False:
                return
            if start.as_of and self._leases.is_over(start.as_of):
                return
            left = self._leases.left(start.lease.queue, start.as_of)
            if token in self._gone or self._leaving_since is not None or sum(not held.is_over for held in self._held.values()) >= self.slots:
                self._tell("refused", start.lease)
                return
            if left <= 0 or self._functions.ended.is_set():
                self._tell("unable", start.lease)
                return
            attempt = self._held[token] = Attempt(start)
        _say(f"received task {start.lease.task_id}: {start.name}")
        if left < self._heartbeat * 1.5:
            self._hurry.set()
        try:
            threading.Thread(target=self._run, args=(attempt,), name=start.lease.task_id, daemon=True).start()
        except RuntimeError as failure:  # There are too many processes.
            self._report_news(str(failure))
            with self._changed:
                del self._held[token]
                self._tell("unable", start.lease)

    def _cancel(self, lease: pb.Lease) -> None:
        with self._changed:
            attempt = self._held.get(bytes(lease.token))
            if attempt is not None:
                self._ask_to_end(attempt, Reason.CANCELLED, attempt.start.kill_grace_ms / 1000)
                return
        self._revoke(lease)

    def _revoke(self, lease: pb.Lease) -> None:
        """Kills an attempt. One that has not come yet is refused."""
        token = bytes(lease.token)
        with self._changed:
            attempt = self._held.get(token)
            if attempt is not None:
                self._kill(attempt)
            elif token not in self._gone:
                self._remember(token, is_refused=True)
                self._tell("refused", lease)

    def _ask_to_end(self, attempt: Attempt, reason: EndReason, grace: float) -> None:
        """Called within the lock."""
        if attempt.is_over or attempt.stop is not None and reason != Reason.CANCELLED:
            return
        if attempt.stop is None:
            attempt.stop = reason
        attempt.kill_at = min(attempt.kill_at, time.monotonic() + grace)
        if attempt.running is not None:
            self._functions.signal(attempt.running, signal.SIGTERM)
        self._changed.notify_all()

    def _kill(self, attempt: Attempt) -> None:
        """Kills for a lease that is over. Called within the lock."""
        if attempt.is_over:
            return
        attempt.stop = attempt.stop or Reason.NODE_LOST
        attempt.is_killed.set()
        if attempt.running is not None:
            self._functions.signal(attempt.running, signal.SIGKILL)

    def _watch(self) -> None:
        """Ends attempts whose time, grace or lease is over."""
        with self._changed:
            while True:
                now = time.monotonic()
                due = now + 1.0
                # It must start functions, and end them when their leases do.
                self._functions.resume()
                for attempt in self._held.values():
                    if attempt.is_over or attempt.running is None:
                        continue
                    if now >= attempt.timeout_at:
                        attempt.timeout_at = math.inf
                        self._ask_to_end(attempt, Reason.TIMEOUT, attempt.start.kill_grace_ms / 1000)
                    if now >= attempt.kill_at:
                        attempt.kill_at = now + 1.0
                        self._functions.signal(attempt.running, signal.SIGKILL)
                    left = self._leases.left(attempt.lease.queue, attempt.start.as_of)
                    if left <= 0:
                        self._kill(attempt)
                        left = 1.0
                    due = min(due, attempt.timeout_at, attempt.kill_at, now + left)
                self._changed.wait(max(0.001, due - time.monotonic()))

    # Attempts

    def _run(self, attempt: Attempt) -> None:
        start = attempt.start
        result = pb.Result(lease=attempt.lease, reason=Reason.EXIT)
        began = time.monotonic()
        folder = os.path.join(self._work, f"{attempt.lease.task_id}-{attempt.lease.attempt}")
        output = Output(attempt.lease, start.max_output_bytes, lambda chunks: self._store(attempt, chunks),
                        lambda progress: self._tell("progress", progress), start.hide_progress)
        try:
            message = self._run_function(attempt, result, output, folder)
        except Exception as failure:  # Whatever the system refused: the attempt ends, and the worker goes on.
            log.exception("attempt %s of task %s", attempt.lease.attempt, attempt.lease.task_id)
            result.reason, message = Reason.SPAWN_FAILED, str(failure)
        result.run_time_ms = int((time.monotonic() - began) * 1000)
        try:
            output.complete(result, message)
        finally:
            _remove(folder)
            self._end(attempt, result)

    def _run_function(self, attempt: Attempt, result: pb.Result, output: Output, folder: str) -> str:
        """Runs the function, and says in the result how it ended. Returns what the system has to say, if anything."""
        start = attempt.start
        try:
            command = words.split(start.argv)
        except ValueError as fault:
            result.reason = Reason.SPAWN_FAILED
            return str(fault)
        if command[0] not in self._functions.names:
            result.reason = Reason.SPAWN_FAILED
            return (f"This worker has no function '{command[0]}'. It has: {', '.join(self._functions.names)}. Let the task require the "
                    f"label {LABEL_PREFIX}{command[0]}={LABEL_VALUE}, so that only workers with the function get it.")
        if start.cwd and not os.path.isdir(start.cwd):
            result.reason = Reason.SPAWN_FAILED
            return f"There is no folder {start.cwd}."
        own = os.path.join(folder, "cwd")
        os.makedirs(own, mode=0o700)
        environment = {**start.env, "TASK_ID": attempt.lease.task_id, "TASK_ATTEMPT": str(attempt.lease.attempt),
                       "TASK_QUEUE": attempt.lease.queue, "NODE_ID": self.name,
                       "TRACEPARENT": f"00-{attempt.lease.task_id.replace('-', '')}-{secrets.token_hex(8)}-01"}
        value_file = os.path.join(folder, "result")
        if start.result:
            environment["TASK_RESULT"] = value_file
        if start.HasField("inputs"):
            environment["TASK_INPUTS"] = os.path.join(folder, "inputs")
            with open(environment["TASK_INPUTS"], "wb") as file:
                file.write(start.inputs)
        if start.files.inputs:
            try:
                _files.put(self._cache, self._plane(attempt), start.files.inputs, own)
            except Stopped:
                result.reason = attempt.stop or Reason.NODE_LOST
                return ""
            except FileFault as fault:
                result.reason = Reason.FILE_UNAVAILABLE
                return f"The inputs cannot be fetched: {fault}."
        request = {"words": command, "environment": environment, "folder": start.cwd or own, "id": attempt.lease.task_id,
                   "attempt": attempt.lease.attempt, "queue": attempt.lease.queue, "node": self.name}
        running = self._start(attempt, request, output)
        if running is None:
            result.reason = attempt.stop or Reason.NODE_LOST
            return ""
        if running.fault is not None:
            result.reason = Reason.NODE_LOST if running.is_lost else Reason.SPAWN_FAILED
            return running.fault
        result.cpu_time_us, result.max_rss_bytes = int(running.cpu_seconds * 1_000_000), running.memory_bytes
        with self._lock:
            stop = attempt.stop
        code = os.waitstatus_to_exitcode(running.status)
        if code < 0:
            result.signal = _name_of(-code)
        else:
            result.exit_code = code
        if running.is_lost and stop is None:
            stop = Reason.NODE_LOST
        message = ""
        if stop is not None:
            result.reason = stop
            result.ClearField("exit_code")
        elif code < 0:
            result.reason = Reason.SIGNAL
        elif code == 0 and start.result:
            message = _read_value(value_file, result)
        if start.files.artifacts and stop not in (Reason.CANCELLED, Reason.NODE_LOST):
            message += ("\n" if message else "") + self._keep(attempt, result, own)
        return message

    def _keep(self, attempt: Attempt, result: pb.Result, folder: str) -> str:
        """Stores what a function has left, and says in the result how much. Returns what is wrong, if anything."""
        has_succeeded = result.reason == Reason.EXIT and result.exit_code == 0
        files = attempt.start.files
        with self._lock:
            # Its time is over, not that of its files.
            attempt.timeout_at = attempt.kill_at = math.inf
        try:
            kept = _files.keep(self._plane(attempt), files.artifacts, files.max_artifact_bytes, folder, self._copies, has_succeeded)
        except Stopped:
            result.reason = Reason.CANCELLED if attempt.stop == Reason.CANCELLED else Reason.NODE_LOST
            result.ClearField("exit_code")
            return ""
        except FileFault as fault:
            if has_succeeded:
                result.reason, result.value = fault.reason, b""
            return str(fault) if fault.reason != Reason.FILE_UNAVAILABLE else f"The artifacts cannot be stored: {fault}."
        if kept is not None:
            result.artifact_count, result.artifact_bytes = kept
        return ""

    def _plane(self, attempt: Attempt) -> Plane:
        """The files of an attempt. Its calls end when the attempt is to end otherwise than it is now."""
        known = attempt.stop

        def check() -> None:
            with self._lock:
                left = self._leases.left(attempt.lease.queue, attempt.start.as_of)
                if attempt.is_killed.is_set() or attempt.stop != known or left <= 0:
                    raise Stopped

        def link() -> Link | None:
            with self._lock:
                return self._link

        return Plane(self.name, attempt.lease, link, check)

    def _start(self, attempt: Attempt, request: dict[str, Any], output: Output) -> Running | None:
        """Starts the process and reads what it writes until it has ended. None if it was to end before it began."""
        stdin = out = out_end = err = err_end = -1
        try:
            stdin = os.memfd_create("stdin")
            out, out_end = os.pipe()
            err, err_end = os.pipe()
            with open(stdin, "wb", closefd=False) as file:
                file.write(attempt.start.stdin)
            os.lseek(stdin, 0, os.SEEK_SET)
            with self._changed:
                if attempt.stop is not None:
                    return None
                running = attempt.running = self._functions.start(attempt.token.hex(), request, stdin, out_end, err_end)
                if attempt.start.timeout_ms > 0:
                    attempt.timeout_at = time.monotonic() + attempt.start.timeout_ms / 1000
                self._changed.notify_all()
            for end in (stdin, out_end, err_end):
                os.close(end)
            stdin = out_end = err_end = -1
            running.began.wait()
            if running.fault is None:
                self._tell("started", attempt.lease)
                self._read(running, output, {out: STDOUT, err: STDERR})
            running.ended.wait()
            return running
        finally:
            for end in (stdin, out, out_end, err, err_end):
                if end >= 0:
                    os.close(end)

    def _read(self, running: Running, output: Output, streams: dict[int, int]) -> None:
        with selectors.DefaultSelector() as readable:
            for descriptor in streams:
                readable.register(descriptor, selectors.EVENT_READ)
            while readable.get_map():
                if running.ended.is_set():
                    # What left the attempt's processes may keep a pipe open, and write to it, for ever.
                    for descriptor in streams:
                        for data in _read_waiting(descriptor):
                            output.add(streams[descriptor], data)
                    return
                due = output.due()
                ready = readable.select(0.5 if due is None else min(0.5, due))
                for key, _ in ready:
                    if data := os.read(key.fd, 65536):
                        output.add(streams[key.fd], data)
                    else:
                        readable.unregister(key.fd)
                if readable.get_map() and (due := output.due()) is not None and due <= 0:
                    output.flush()

    def _end(self, attempt: Attempt, result: pb.Result) -> None:
        with self._changed:
            attempt.is_over = True
            # A loss counts: the function may be its cause, and must not come back without end.
            is_lost = attempt.running is not None and attempt.running.is_lost
            if attempt.is_put_back and result.reason == Reason.NODE_LOST and not is_lost:
                if attempt.running is not None:
                    self._tell("started", attempt.lease)
                self._tell("refused", attempt.lease)
            else:
                self._tell("results", result)

    # Reports

    def _tell(self, kind: str, what: Any) -> None:
        with self._changed:
            self._progress.append((kind, what))
            self._changed.notify_all()

    def _tell_progress(self) -> None:
        """Reports what happened, each thing until it is settled, in whatever session there is then."""
        while True:
            with self._changed:
                while not self._progress:
                    self._changed.wait()
                batch, size = list[tuple[str, Any]](), 0
                for kind, what in self._progress:
                    size += what.ByteSize() + 16
                    if batch and size > LARGEST_BATCH:
                        break
                    batch.append((kind, what))
            progress = pb.Progress(node_id=self.name)
            for kind, what in batch:
                getattr(progress, kind).append(what)
            self._ask(lambda link: link.report, progress, lambda answer: bool(answer.settled))
            with self._changed:
                del self._progress[:len(batch)]
                for kind, what in batch:
                    if kind in ("results", "refused", "unable"):
                        token = bytes((what.lease if kind == "results" else what).token)
                        if self._held.pop(token, None) is not None or kind == "results":
                            self._remember(token, is_refused=False)
                self._changed.notify_all()

    def _store(self, attempt: Attempt, chunks: list[pb.OutputChunk]) -> None:
        """Returns once the service has stored the chunks, or the attempt was killed."""
        stored = threading.Event()
        with self._changed:
            self._output.append((chunks, stored))
            self._changed.notify_all()
        while not stored.wait(0.5):
            if attempt.is_killed.is_set():
                return

    def _tell_output(self) -> None:
        while True:
            with self._changed:
                while not self._output:
                    self._changed.wait()
                message, stored, size = pb.OutputChunks(node_id=self.name), list[threading.Event](), 0
                while self._output and (not stored or size + sum(len(chunk.data) for chunk in self._output[0][0]) <= LARGEST_BATCH):
                    chunks, event = self._output.pop(0)
                    size += sum(len(chunk.data) for chunk in chunks)
                    message.chunks.extend(chunks)
                    stored.append(event)
            self._ask(lambda link: link.output, message, lambda answer: bool(answer.stored))
            for event in stored:
                event.set()

    def _ask(self, exchange: Callable[[Link], Exchange], message: Any, is_done: Callable[[Any], bool]) -> None:
        """Sends a message until its answer says that it is done."""
        failed: Link | None = None
        while True:
            with self._changed:
                while self._link is None:
                    self._changed.wait()
                link = self._link
                if link is failed:
                    # The session may be over, which the heartbeat finds out.
                    self._hurry.set()
                    self._changed.wait(0.2)
                    link = self._link or link
            message.session = link.session
            try:
                if is_done(exchange(link).ask(message)):
                    return
            except (grpc.RpcError, ValueError) as failure:  # ValueError: of a channel that was closed meanwhile
                if not link.broken.is_set():
                    self._report_news(_words_of(failure))
            failed = link

    # The rest

    def _remember(self, token: bytes, is_refused: bool) -> None:
        self._gone[token] = is_refused
        while len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)

    def _pause(self, seconds: float) -> None:
        self._hurry.wait(seconds)
        if self._leaving_since is None:
            self._hurry.clear()
        else:
            # A worker that leaves is always in a hurry, but must not spin.
            time.sleep(min(seconds, 0.1))

    def _report_news(self, words: str) -> None:
        """Logs a failure when it first occurs, and then every ten minutes."""
        now = time.monotonic()
        if now - self._news.get(words, -math.inf) > 600:
            self._news[words] = now
            log.warning("%s", words)

    def _lock_folder(self) -> tuple[int, int]:
        """Takes the data folder. Returns descriptors of its lock, and of what the processes of functions keep open."""
        owner = os.open(os.path.join(self.folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(owner, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
        except OSError:
            holder = os.read(owner, 20).decode(errors="replace").strip()
            os.close(owner)
            raise FolderInUse(f"The data folder {self.folder} belongs to process {holder}.") from None
        os.ftruncate(owner, 0)
        os.pwrite(owner, f"{os.getpid()}\n".encode(), 0)
        return owner, os.open(os.path.join(self.folder, "functions"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _are_dead(self, kept: int) -> bool:
        """Whether nothing of earlier runs is left. Their processes end with their worker, but not at the same moment."""
        until = time.monotonic() + 10
        while True:
            try:
                fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except OSError:
                if time.monotonic() > until:
                    return False
                time.sleep(0.02)

    def _read_instance(self) -> tuple[str, bool]:
        """The folder's name, and whether an earlier run made it."""
        path = os.path.join(self.folder, "instance")
        if os.path.exists(path):
            with open(path, encoding="ascii") as file:
                known = file.read().strip()
            if re.fullmatch("[0-9a-f]{32}", known):
                return known, True
        made = secrets.token_hex(16)
        with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(made + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".new", path)
        return made, False


def _read_waiting(descriptor: int) -> Iterator[bytes]:
    """Reads what is in a pipe now."""
    left = int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder)
    while left > 0 and (data := os.read(descriptor, min(left, 65536))):
        left -= len(data)
        yield data


def _read_value(path: str, result: pb.Result) -> str:
    """Takes the value that a function has left. Returns why it cannot be read; the service checks that it is JSON."""
    try:
        # O_NONBLOCK: a named pipe must not wait for its other end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError("The result is not a regular file.")
            value = b""
            while len(value) <= LARGEST_RESULT and (data := os.read(descriptor, LARGEST_RESULT + 1 - len(value))):
                value += data
        finally:
            os.close(descriptor)
        if len(value) > LARGEST_RESULT:
            raise ValueError(f"The result takes more than {LARGEST_RESULT:,} bytes.")
        if not value:
            raise ValueError("The result is empty.")
        result.value = value
        return ""
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as fault:
        result.reason = Reason.BAD_RESULT
        return str(fault)


def _name_of(number: int) -> str:
    """Returns a signal's name, as the worker program spells it."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}" if number > signal.SIGRTMIN else f"SIG{number}"


def _remove(folder: str) -> None:
    """Removes a folder, also if a function has taken the rights to it away, or has put a link in its place."""
    shutil.rmtree(folder, ignore_errors=True)
    if not os.path.lexists(folder):
        return
    try:
        if os.path.islink(folder) or not os.path.isdir(folder):
            os.unlink(folder)
            return
        os.chmod(folder, 0o700)
        for place, folders, _ in os.walk(folder):
            for name in folders:
                if not os.path.islink(inner := os.path.join(place, name)):
                    os.chmod(inner, 0o700)
        shutil.rmtree(folder)
    except OSError as failure:
        log.warning("%s cannot be removed: %s", folder, failure)


def _raise_descriptor_limit() -> None:
    """Raises the worker's soft limit of descriptors to the hard one: each running function takes three."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _say(line: str) -> None:
    try:
        print(line, flush=True)
    except (OSError, ValueError):
        pass  # Nobody reads any more.


def _crash_only(work: Callable[[], None]) -> None:
    """Ends the process if a part of the worker fails: the service then gives its tasks to others."""
    try:
        work()
    except BaseException:
        log.critical("the worker ends", exc_info=True)
        os._exit(1)


def _words_of(failure: BaseException) -> str:
    if isinstance(failure, grpc.Call):
        return f"{failure.code().name}: {failure.details()}"
    return str(failure) or type(failure).__name__
