"""What a running function can ask about its task."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import Any

_current: TaskContext | None = None


@dataclass
class TaskContext:
    """The attempt that the function runs in. Its folder is the current folder, its output what the function prints."""

    id: str
    attempt: int
    queue: str
    node: str
    #: Whether the attempt was asked to end. `Cancelled` is raised in the main thread; other threads can look here.
    is_cancelled: bool = False

    def inputs(self) -> dict[str, Any]:
        """The results of earlier nodes of a workflow, by node; empty outside a workflow."""
        path = os.environ.get("TASK_INPUTS")
        if path is None:
            return {}
        with open(path, encoding="utf-8") as file:
            inputs: dict[str, Any] = json.load(file)
        return inputs

    def progress(self, percent: float, message: str = "") -> None:
        """Reports how far the function has come: 0 to 100, and what it is doing. Writes a line to standard error."""
        if not 0 <= percent <= 100:
            raise ValueError("percent must be from 0 to 100")
        words = " ".join(message.split())
        sys.stderr.write(f"::progress {percent:.2f}% {words}".rstrip() + "\n")
        sys.stderr.flush()


def current() -> TaskContext:
    """Returns the task in which the function runs. Raises RuntimeError if no worker runs it."""
    if _current is None:
        raise RuntimeError("No worker runs this function: there is no current task.")
    return _current


def enter(context: TaskContext) -> None:
    """Called by the worker before the function."""
    global _current
    _current = context
