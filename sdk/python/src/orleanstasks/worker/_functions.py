"""The process that has the user's modules, and forks a child for each attempt.

It has one thread and no gRPC, so that its children can be forked safely. The worker starts it and talks to it over a
socket on descriptor 3, in packets of JSON:

    to here     {"do": "start", "key": K}, with the descriptors of a request, stdin, stdout and stderr
                {"do": "signal", "key": K, "signal": N}
    from here   {"is": "ready", "tasks": [NAME]} or {"is": "broken", "why": TEXT}, once
                {"is": "started", "key": K} or {"is": "failed", "key": K, "why": TEXT}
                {"is": "ended", "key": K, "status": N, "cpu": SECONDS, "memory": BYTES}

Every child leads a session and adopts the orphans among its descendants. When it has ended, all that it leaves become
children of this process, which kills them before it tells the worker that the attempt has ended. A child dies with
this process, and this process ends when the worker does: the socket then ends.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import importlib.util
import inspect
import io
import json
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from types import FrameType
from typing import Any, NoReturn

from .. import context, words
from ..errors import Cancelled
from ..tasks import FATAL, RAISED, WRONG_ARGUMENTS, TaskFunction, registry

PACKET = 64 * 1024
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
#: How many seconds an attempt waits for the death of what it left. A process that the kernel holds up may take for ever.
KILL_PATIENCE = 5.0
#: How much of a traceback fits in a packet, in JSON.
LONGEST_WHY = 60_000


class Functions:
    def __init__(self, worker: socket.socket) -> None:
        self.worker = worker
        self.children: dict[int, str] = {}  # Process id -> key of the attempt
        self.ended: list[tuple[float, dict[str, Any]]] = []  # Until when, and what to tell once nothing is left
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        # It stays open, for a time at which there are no descriptors left. A kernel without CONFIG_PROC_CHILDREN has none.
        self.list = os.open(place, os.O_RDONLY) if os.path.exists(place := "/proc/thread-self/children") else -1
        # What the modules have started is theirs.
        self.kept = set(self.list_children())

    def serve(self) -> None:
        """Runs until the worker has closed the socket. Its children then die with this process."""
        wake, woken = socket.socketpair()
        for end in (wake, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as ready:
            ready.register(self.worker, selectors.EVENT_READ)
            ready.register(wake, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select(0.05 if self.ended else None):
                    if key.fileobj is wake:
                        drain(wake)
                    elif not self.obey():
                        self.kill_everything()
                        return
                self.reap()

    def obey(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self.worker, PACKET, 4)
        if not data:
            return False
        command = json.loads(data)
        if command["do"] == "start":
            self.start(command["key"], descriptors)
        else:
            for process, key in self.children.items():
                # It has not been waited for, so the number is still its own.
                if key == command["key"]:
                    os.kill(process, command["signal"])
        return True

    def start(self, key: str, descriptors: list[int]) -> None:
        try:
            if len(descriptors) < 4:
                raise OSError("The process that runs functions has no descriptors left.")
            with open(descriptors[0], "rb", closefd=False) as file:
                attempt = json.load(file)
            own = os.getpid()
            sys.stdout.flush()
            sys.stderr.flush()
            # A cancel must not come before the child can take it.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            process = os.fork()
            if process == 0:
                self.child(own, attempt, descriptors)
            self.children[process] = key
            self.tell({"is": "started", "key": key})
        except OSError as fault:
            self.tell({"is": "failed", "key": key, "why": str(fault)})
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            for descriptor in descriptors:
                os.close(descriptor)

    def reap(self) -> None:
        """Waits for what has ended, and tells which attempts are over."""
        while self.children or self.ended:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            if ended is None:
                break
            key = self.children.get(ended.si_pid)
            if key is not None:
                # Before it is waited for: then its number is nobody else's.
                kill_group(ended.si_pid)
            process, status, usage = os.wait4(ended.si_pid, 0)
            self.kept.discard(process)
            if self.children.pop(process, None) is not None:
                self.ended.append((time.monotonic() + KILL_PATIENCE, {
                    "is": "ended", "key": key, "status": status, "cpu": usage.ru_utime + usage.ru_stime,
                    "memory": usage.ru_maxrss * 1024}))
        if self.ended:
            is_clean, now = not self.kill_left(), time.monotonic()
            if not is_clean and now >= self.ended[0][0]:
                # They are dying. No other attempt waits for them.
                self.kept.update(self.left())
            for _, what in [waiting for waiting in self.ended if is_clean or now >= waiting[0]]:
                self.tell(what)
            self.ended = [] if is_clean else [waiting for waiting in self.ended if now < waiting[0]]

    def kill_left(self) -> bool:
        """Kills what ended attempts have left: a living one adopts its own orphans. Returns whether there was anything."""
        left = self.left()
        for process in left:
            try:
                # It is this process's child and was not waited for, so the number is its own.
                os.kill(process, signal.SIGKILL)
            except PermissionError:  # It runs as another user.
                self.kept.add(process)
        return bool(left)

    def left(self) -> list[int]:
        return [process for process in self.list_children() if process not in self.children and process not in self.kept]

    def list_children(self) -> list[int]:
        """Returns the children, also those that have ended."""
        read = b""
        while self.list >= 0 and (data := os.pread(self.list, PACKET, len(read))):
            read += data
        return [int(process) for process in read.split()]

    def kill_everything(self) -> None:
        """Kills the attempts and what they leave."""
        until = time.monotonic() + KILL_PATIENCE
        for process in self.children:
            kill_group(process)
        self.children.clear()
        while self.kill_left() and time.monotonic() < until:
            try:
                while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG) is not None:
                    pass
            except ChildProcessError:
                return
            time.sleep(0.001)

    def tell(self, what: dict[str, Any]) -> None:
        tell(self.worker, what)

    def child(self, parent: int, attempt: dict[str, Any], descriptors: list[int]) -> NoReturn:
        try:
            os._exit(self.run_child(parent, attempt, descriptors))
        finally:
            # Whatever a function has put in the place of its streams must not lead back into the parent's loop.
            os._exit(RAISED)

    def run_child(self, parent: int, attempt: dict[str, Any], descriptors: list[int]) -> int:
        code = RAISED
        try:
            os.setsid()
            self.libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(RAISED)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.worker.close()
            if self.list >= 0:
                os.close(self.list)
            os.close(descriptors[0])
            for number, stream in enumerate(descriptors[1:]):
                os.dup2(stream, number)
                os.close(stream)
            sys.stdin = open(0, encoding="utf-8", closefd=False)
            code = run(attempt)
        except BaseException:
            traceback.print_exc()
        for written in (sys.stdout, sys.stderr):
            try:
                written.flush()
            except BaseException:  # The reader is gone, or it is the function's own: there is nobody to tell.
                pass
        return code


def run(attempt: dict[str, Any]) -> int:
    """Runs the function of an attempt in this process. Returns the exit code."""
    os.environ.update(attempt["environment"])
    os.chdir(attempt["folder"])
    current = context.TaskContext(attempt["id"], attempt["attempt"], attempt["queue"], attempt["node"])
    context.enter(current)

    def cancel(number: int, frame: FrameType | None) -> None:
        # Once: what cleans up may take its time until SIGKILL.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        current.is_cancelled = True
        raise Cancelled

    task = registry[attempt["words"][0]]
    try:
        signal.signal(signal.SIGTERM, cancel)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        return call(task, attempt["words"][1:])
    except Cancelled:
        return RAISED
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def call(task: TaskFunction[..., Any], arguments: list[str]) -> int:
    try:
        args, kwargs = words.decode(task.function, arguments)
    except words.BadArguments as fault:
        print(f"{task.name}{inspect.signature(task.function)} cannot be called like this: {fault}", file=sys.stderr)
        return WRONG_ARGUMENTS
    try:
        value = task.function(*args, **kwargs)
        if inspect.iscoroutine(value):
            value = asyncio.run(value)
        if result := os.environ.get("TASK_RESULT"):
            try:
                text = json.dumps(value, allow_nan=False, ensure_ascii=False)
            except (TypeError, ValueError) as fault:
                print(f"{task.name} returned what is not JSON: {fault}", file=sys.stderr)
                return RAISED
            with open(result, "x", encoding="utf-8") as file:
                file.write(text)
        return 0
    except SystemExit as exit:
        if exit.code is None or isinstance(exit.code, int):
            # The system keeps eight bits. A failure whose bits are all 0 stays one.
            return exit.code & 0xFF or RAISED if exit.code else 0
        print(exit.code, file=sys.stderr)
        return RAISED
    except Cancelled:
        raise
    except BaseException as failure:
        # Without this file's own frame: the traceback begins in the function.
        own = failure.__traceback__
        traceback.print_exception(failure.with_traceback(own.tb_next if own and own.tb_next else own))
        return FATAL if isinstance(failure, task.fatal) else RAISED


def tell(worker: socket.socket, what: dict[str, Any]) -> None:
    worker.send(json.dumps(what).encode())


def drain(wake: socket.socket) -> None:
    try:
        while wake.recv(4096):
            pass
    except BlockingIOError:
        pass


def kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def load(module: str) -> None:
    """Imports a module by its name, or by the path of its file."""
    if not module.endswith(".py"):
        importlib.import_module(module)
        return
    # As of a module that was imported: what is for `__main__` must not run again here.
    name = os.path.splitext(os.path.basename(module))[0]
    spec = importlib.util.spec_from_file_location(name, module)
    if spec is None or spec.loader is None:
        raise ImportError(f"{module} cannot be imported")
    sys.path.insert(0, os.path.dirname(os.path.abspath(module)))
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)


def main(descriptor: int, modules: list[str]) -> None:
    worker = socket.socket(fileno=descriptor)
    worker.set_inheritable(False)
    libc = ctypes.CDLL(None)
    # While modules are imported, nobody reads the socket that tells of the worker's end.
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # A signal to the whole group of a terminal is the worker's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    try:
        for module in modules:
            load(module)
    except BaseException:
        why = traceback.format_exc()
        while len(json.dumps(why)) > LONGEST_WHY:
            why = why[len(why) // 8 + 1:]
        tell(worker, {"is": "broken", "why": why})
        return
    libc.prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)
    # What was made so far stays shared with the children for as long as possible.
    gc.freeze()
    functions = Functions(worker)
    functions.tell({"is": "ready", "tasks": sorted(registry)})
    functions.serve()
