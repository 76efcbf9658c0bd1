"""The worker's side of the process that runs functions (_functions.py)."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_PROGRAM = (
    "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path']; "
    "from orleanstasks.worker._functions import main; main(given['socket'], given['modules'])")


log = logging.getLogger("orleanstasks.worker")


class ModuleBroken(Exception):
    """A module cannot be imported. The message has the traceback."""


@dataclass
class Running:
    """An attempt's process, which may have ended."""

    key: str
    ended: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)
    #: Why no process could be started.
    fault: str | None = None
    #: The process that starts functions has ended, which is not the attempt's fault.
    is_lost: bool = False
    status: int = 0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0


class FunctionProcess:
    """Starts functions, each in a process of its own. Thread-safe."""

    def __init__(self, modules: list[str], kept: int, on_end: Callable[[], None]) -> None:
        """Imports the modules. `kept` is a descriptor that stays open until the last process has ended, and `on_end` is
        called when the process that runs them has.
        """
        self._on_end = on_end
        own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            given = {"path": [path or os.getcwd() for path in sys.path], "socket": other.fileno(), "modules": modules}
            environment = {name: value for name, value in os.environ.items() if name != "OTASK_JOIN_TOKEN"}
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, json.dumps(given)], pass_fds=(other.fileno(), kept), stdin=subprocess.DEVNULL,
                env=environment, start_new_session=True)
        self._socket = own
        self._lock = threading.Lock()
        self._running: dict[str, Running] = {}
        #: Set once the process has ended, and with it all of its children.
        self.ended = threading.Event()
        first = self._receive()
        if first is None or first["is"] == "broken":
            own.close()
            self._process.wait()
            raise ModuleBroken(first["why"] if first else f"The modules' process ended with {self._process.returncode}.")
        self.names: list[str] = first["tasks"]
        threading.Thread(target=self._listen, name="functions", daemon=True).start()

    def start(self, key: str, request: dict[str, Any], stdin: int, stdout: int, stderr: int) -> Running:
        """Starts an attempt. Wait for `began`; `fault` then says whether it did not."""
        running = Running(key)
        with self._lock:
            self._running[key] = running
            has_ended = self.ended.is_set()
        if has_ended:
            self._lose(running)
            return running
        # In a file of memory: a packet cannot be as large as a command.
        content = os.memfd_create("request")
        try:
            with open(content, "wb", closefd=False) as file:
                file.write(json.dumps(request).encode())
            os.lseek(content, 0, os.SEEK_SET)
            # A process that is stopped does not read. The caller, who holds a lock, must not wait for it.
            socket.send_fds(self._socket, [json.dumps({"do": "start", "key": key}).encode()], [content, stdin, stdout, stderr],
                            socket.MSG_DONTWAIT)
        except ConnectionError:
            pass  # The process is exiting. `_listen` waits for it, and then reports the attempt as lost.
        except OSError as fault:
            if self.ended.is_set():
                self._lose(running)
            else:
                self._forget(running, str(fault))
        finally:
            os.close(content)
        return running

    def signal(self, running: Running, number: int) -> None:
        try:
            with self._lock:
                self._socket.send(json.dumps({"do": "signal", "key": running.key, "signal": number}).encode(), socket.MSG_DONTWAIT)
        except OSError:
            pass  # The process has ended, and so has the attempt. Or it is stopped: then the signal is repeated.

    def resume(self) -> None:
        """Lets the process go on if a function has stopped it."""
        try:
            with open(f"/proc/{self._process.pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "T":
                    self._process.send_signal(signal.SIGCONT)
        except OSError:
            pass  # It has ended.

    def close(self) -> None:
        """Ends the process and every attempt."""
        with self._lock:
            if not self.ended.is_set() and self._socket.fileno() >= 0:
                self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait()

    def _receive(self) -> dict[str, Any] | None:
        try:
            data = self._socket.recv(64 * 1024)
        except OSError:
            data = b""
        return json.loads(data) if data else None

    def _listen(self) -> None:
        try:
            while (told := self._receive()) is not None:
                with self._lock:
                    running = self._running.get(told["key"])
                if running is None:
                    continue
                if told["is"] == "started":
                    running.began.set()
                elif told["is"] == "failed":
                    self._forget(running, told["why"])
                else:
                    running.status, running.cpu_seconds, running.memory_bytes = told["status"], told["cpu"], told["memory"]
                    self._forget(running, None)
        except (ValueError, KeyError):
            # Another process has written to the socket.
            log.critical("the process that runs functions is not understood", exc_info=True)
            self._process.kill()
        self._process.wait()
        with self._lock:
            self._socket.close()
            self.ended.set()
            left = list(self._running.values())
        for running in left:
            self._lose(running)
        self._on_end()

    def _lose(self, running: Running) -> None:
        running.status, running.is_lost = signal.SIGKILL, True
        self._forget(running, None if running.began.is_set() else "The process that runs the functions has ended.")

    def _forget(self, running: Running, fault: str | None) -> None:
        with self._lock:
            self._running.pop(running.key, None)
        running.fault = fault
        running.ended.set()
        running.began.set()
