"""The worker's side of the process that runs functions (_functions.py)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

_PROGRAM = (
    "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path']; "
    "from orleanstasks.worker._functions import main; main(given['socket'], given['modules'])")


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
    status: int = 0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0


class FunctionProcess:
    """Starts functions, each in a process of its own. Thread-safe."""

    def __init__(self, modules: list[str], kept: int) -> None:
        """Imports the modules. `kept` is a descriptor that stays open until the last process has ended."""
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
        # In a file of memory: a packet cannot be as large as a command.
        content = os.memfd_create("request")
        try:
            with open(content, "wb", closefd=False) as file:
                file.write(json.dumps(request).encode())
            os.lseek(content, 0, os.SEEK_SET)
            socket.send_fds(self._socket, [json.dumps({"do": "start", "key": key}).encode()], [content, stdin, stdout, stderr])
        except OSError as fault:
            self._forget(running, str(fault))
        finally:
            os.close(content)
        return running

    def signal(self, running: Running, number: int) -> None:
        try:
            with self._lock:
                self._socket.send(json.dumps({"do": "signal", "key": running.key, "signal": number}).encode())
        except OSError:
            pass  # The process has ended, and so has the attempt.

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
        self._process.wait()
        with self._lock:
            self._socket.close()
        self.ended.set()
        with self._lock:
            left = list(self._running.values())
        for running in left:
            running.status = 9
            self._forget(running, None if running.began.is_set() else "The process that starts functions has ended.")

    def _forget(self, running: Running, fault: str | None) -> None:
        with self._lock:
            self._running.pop(running.key, None)
        running.fault = fault
        running.ended.set()
        running.began.set()
