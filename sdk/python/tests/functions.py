"""The functions that the tests' workers run."""

import os
import subprocess
import sys
import time

import orleanstasks
from orleanstasks import task


class NoSuchImage(Exception):
    pass


@task(queue="images", retries=3)
def resize(path: str, width: int) -> dict[str, object]:
    print(f"resizing {path} to {width}", flush=True)
    return {"path": path, "width": width, "größe": [width, None]}


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task(retries=4, backoff="10ms", fatal=NoSuchImage)
def flaky(folder: str, failures: int, kind: str = "plain") -> int:
    """Fails so many times, and returns how many times it ran."""
    runs = len(os.listdir(folder)) + 1
    open(os.path.join(folder, str(runs)), "x").close()
    if runs > failures:
        return runs
    if kind == "fatal":
        raise NoSuchImage("no image")
    if kind == "exit":
        sys.exit(75)
    raise RuntimeError(f"run {runs} fails")


@task(kill_grace="30s")
def wait_for(go_on: str, began: str, cleaned: str = "") -> str:
    """Waits for a file; says that it waits by another one, and that it was cancelled by a third."""
    try:
        with open(began, "a") as file:
            file.write(f"{orleanstasks.current().node}\n")
        while not os.path.exists(go_on):
            time.sleep(0.02)
        return orleanstasks.current().node
    finally:
        if cleaned:
            with open(cleaned, "w") as file:
                file.write(str(orleanstasks.current().is_cancelled))


@task(kill_grace="100ms")
def stubborn(began: str) -> None:
    """Starts a process of its own, and goes on after a cancel."""
    child = subprocess.Popen(["sleep", "1000"])
    with open(began + ".new", "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
    os.rename(began + ".new", began)
    while True:
        try:
            time.sleep(1000)
        except orleanstasks.Cancelled:
            pass


@task
def convert(times: int) -> list[str]:
    """Repeats its inputs in the folder `out`. Returns the paths of the inputs."""
    found = sorted(os.path.join(place, name)[2:] for place, _, names in os.walk(".") for name in names)
    os.makedirs("out/deep")
    for path in found:
        with open(path, "rb") as read, open(os.path.join("out", "deep", os.path.basename(path)), "wb") as write:
            write.write(read.read() * times)
    os.symlink("/etc/passwd", "out/link")
    return found


@task
def leave(content: str, code: int = 0) -> None:
    with open("left", "w") as file:
        file.write(content)
    os.chmod("left", 0o755)
    if code:
        sys.exit(code)


@task(max_output_bytes=3_000_000)
def chatter(lines: int) -> None:
    for line in range(lines):
        print(f"out {line}")
        print(f"err {line}", file=sys.stderr)


@task
def report(steps: int) -> None:
    for step in range(steps):
        orleanstasks.current().progress(100 * (step + 1) / steps, f"step {step + 1}")


@task
def take_turns(folder: str) -> None:
    for line in range(4):
        print(f"line {line}", file=[sys.stdout, sys.stderr][line % 2], flush=True)
        while not os.path.exists(os.path.join(folder, str(line))):
            time.sleep(0.02)


@task
def environment() -> dict[str, object]:
    context = orleanstasks.current()
    return {"id": context.id, "attempt": context.attempt, "queue": context.queue, "colour": os.environ.get("COLOUR"),
            "stdin": sys.stdin.read(), "inputs": context.inputs(), "files": os.listdir("."), "token": os.environ.get("OTASK_JOIN_TOKEN")}


@task
def count_input() -> int:
    return len(sys.stdin.read())


@task
def large(size: int) -> str:
    return "x" * size


@task
def no_json() -> object:
    return object()


@task
async def later(text: str) -> str:
    return text


@task(handler="of-another-program")
def of_another_program(text: str) -> str:
    """Is only declared."""


@task(handler="word-count")
def word_count(*files: str) -> dict[str, int]:
    """The same as a handler of samples/handlers."""
    words = [word for file in files for word in open(file).read().split()]
    return {"words": len(words), "distinct": len(set(words))}
