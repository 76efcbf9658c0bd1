"""The exceptions of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import Task


class ServiceError(Exception):
    """The gateway refused a request.

    `status` is the HTTP status and `code` the stable word for it, such as `queue-full`. `detail` says what was wrong and
    what to do; `errors` has the messages by field, such as `retry.backoff`. `retry_after` is the pause in seconds that
    the gateway asked for, and `trace_id` names the request in the gateway's logs.
    """

    def __init__(self, status: int, problem: dict[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.code: str = problem.get("code") or ""
        self.detail: str = problem.get("detail") or problem.get("title") or f"HTTP status {status}"
        self.errors: dict[str, list[str]] = problem.get("errors") or {}
        self.trace_id: str | None = problem.get("traceId")
        self.retry_after = retry_after
        fields = "".join(f"\n  {field}: {' '.join(messages)}" for field, messages in self.errors.items())
        super().__init__(f"{self.code or status}: {self.detail}{fields}")


class TaskFailed(Exception):
    """A task did not succeed. `task` is the task; its `tail` ends with the traceback of a Python function."""

    def __init__(self, task: Task) -> None:
        self.task = task
        end = {"exit": f"exit code {task.exit_code}", "signal": f"signal {task.signal}"}.get(task.reason or "", task.reason)
        super().__init__(f"Task {task.id} ({task.name}) is {task.state}: {end}.\n{task.tail}".rstrip())


class Cancelled(BaseException):
    """Raised in a running function when its task is cancelled, its time is up, or its worker leaves.

    It is no `Exception`, so `except Exception` lets it pass. A function that goes on regardless is killed when the
    task's `kill_grace` has passed.
    """
