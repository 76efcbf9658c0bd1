"""Functions that do what functions rarely do, for tests."""

import os
import signal
import subprocess
import sys
import time

from orleanstasks import task


class Fatal(BaseException):
    pass


@task(fatal=Fatal, retries=3, backoff="10ms")
def raise_no_exception() -> None:
    raise Fatal("no Exception")


@task
def exit_with(code: int) -> None:
    sys.exit(code)


@task
def kill_itself(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(1000)


@task
def leave_process(told: str, kind: str) -> int:
    """Leaves a process in a session of its own."""
    if kind == "started":
        process = subprocess.Popen(["sleep", "1000"], start_new_session=True).pid
    else:
        process = os.fork()
        if process == 0:
            os.setsid()
            if os.fork() > 0:
                os._exit(0)
            with open(told, "w") as file:
                file.write(str(os.getpid()))
            while True:
                if kind == "loud":
                    os.write(1, b"still here\n" * 100)
                else:
                    time.sleep(1000)
        os.waitpid(process, 0)
        while not (os.path.exists(told) and os.path.getsize(told)):
            time.sleep(0.01)
        with open(told) as file:
            process = int(file.read())
    return process


@task
def put_result(kind: str) -> None:
    """Puts something else in the place of the result, and leaves so that nothing is written over it."""
    place = os.environ["TASK_RESULT"]
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        os.mkdir(place)
    elif kind == "link":
        os.symlink("/etc/hostname", place)
    else:
        with open(place, "w") as file:
            file.write({"deep": "[" * 30_000 + "]" * 30_000, "nan": "NaN", "empty": ""}[kind])
    os._exit(0)


@task
def replace_output() -> None:
    class Odd:
        def write(self, text: str) -> None:
            raise SystemExit(0)

        flush = write

    sys.stdout = Odd()  # type: ignore[assignment]
    raise ValueError("this is a failure")


@task
def take_rights() -> str:
    os.mkdir("inner")
    open("inner/file", "w").close()
    os.chmod("inner", 0)
    os.chmod(".", 0)
    return os.getcwd()


@task
def signal_parent(number: int, then: float) -> int:
    os.kill(os.getppid(), number)
    time.sleep(then)
    return os.getppid()


@task
def wait_until_killed(began: str) -> None:
    open(began, "w").close()
    time.sleep(1000)
