"""Services and workers as processes, for tests."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from orleanstasks import Client

PYTHON = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPOSITORY = os.path.dirname(os.path.dirname(PYTHON))
PROGRAM = os.environ.get("ORLEANSTASKS_PROGRAM") or os.path.join(
    REPOSITORY, "artifacts", "bin", "AllInOne", "release", "OrleansTasks.AllInOne")
LIMIT = 60.0


class Program:
    """A process, and what it has printed."""

    def __init__(self, *arguments, environment=None):
        self.lines, self.changed, self.has_closed = [], threading.Condition(), False
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **(environment or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.has_closed = True
            self.changed.notify_all()

    @property
    def log(self):
        with self.changed:
            return "\n".join(self.lines)

    def line(self, pattern):
        """Waits for a line and returns its match."""
        until = time.monotonic() + LIMIT
        with self.changed:
            while True:
                for line in self.lines:
                    if match := re.search(pattern, line):
                        return match
                if self.has_closed or not self.changed.wait(until - time.monotonic()):
                    raise AssertionError(f"{self.process.args} did not print {pattern}:\n" + "\n".join(self.lines))

    def end(self, number=signal.SIGTERM):
        """Sends a signal, and returns the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        code = self.process.wait(LIMIT)
        self.reader.join(LIMIT)
        self.process.stdout.close()
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()


class Service(Program):
    def __init__(self, folder, *options):
        for name, value in (("--slots", "0"), ("--http", "127.0.0.1:0"), ("--grpc", "127.0.0.1:0")):
            if name not in options:
                options += (name, value)
        super().__init__(PROGRAM, "--data", folder, *options)
        try:
            self.line("^Try: ")
        except AssertionError:
            self.close()
            raise
        self.url = self.line(r"^ *http +(https?://\S+)$")[1]
        self.master = self.line(r"^ *grpc +(\S+:\d+)")[1]

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.terminate()
        self.wait()


class Worker(Program):
    def __init__(self, master, name, folder, *options, module="tests.functions", environment=None, program=("-m", "orleanstasks.worker")):
        super().__init__(
            sys.executable, *program, module, "--master", master, "--name", name,
            "--data", os.path.join(folder, name), *options,
            environment={"PYTHONPATH": os.pathsep.join([os.path.join(PYTHON, "src"), PYTHON]), **(environment or {})})


class ServiceTest(unittest.TestCase):
    """Tests with a service of their own, and a worker `one` that most of them share."""

    lease = "2m"
    slots = 4

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.service = Service(os.path.join(cls.folder, "data"), "--lease", cls.lease)
        cls.addClassCleanup(cls.service.close)
        cls.client = cls.enterClassContext(Client(cls.service.url, max_retries=2))

    def setUp(self):
        self.own = self.enterContext(tempfile.TemporaryDirectory())

    @classmethod
    def start(cls, name, *options, **more):
        worker = Worker(cls.service.master, name, cls.folder, "--slots", str(cls.slots), *options, **more)
        worker.line("worker node started")
        return worker

    def path(self, name):
        return os.path.join(self.own, name)

    def until(self, what, holds):
        """Waits until something holds."""
        until = time.monotonic() + LIMIT
        while not (value := holds()):
            if time.monotonic() > until:
                self.fail(f"not within {LIMIT} s: {what}\n{self.service.log[-3000:]}")
            time.sleep(0.02)
        return value


def is_alive(process):
    """Whether a process runs. One that has ended and that nobody waits for does not."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def has_text(path):
    """Returns whether a program has written to a file. One that is killed may have only made it."""
    return os.path.exists(path) and os.path.getsize(path) > 0
