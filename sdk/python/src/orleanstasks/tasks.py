"""Functions as tasks."""

from __future__ import annotations

import copy
import dis
import functools
import inspect
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, Literal, ParamSpec, TypeVar, Unpack, cast, overload

from . import words
from .client import Client, Duration, LogPiece, Retry, Task, TaskOptions, task_spec
from .errors import TaskFailed

P = ParamSpec("P")
R = TypeVar("R")

LABEL_PREFIX, LABEL_VALUE = "handler/", "true"
#: The exit codes of a function's attempt, besides 0 and those of `sys.exit`.
RAISED, WRONG_ARGUMENTS, FATAL = 1, 2, 3
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,54}")
_default_client: Client | None = None
_default_lock = threading.Lock()

#: The functions with a body that were declared so far, by name: what a worker can run.
registry: dict[str, TaskFunction[Any, Any]] = {}


def configure(client: Client) -> None:
    """Sets the client that submits where none is named. By default it is `Client()`."""
    global _default_client
    _default_client = client


def default_client() -> Client:
    global _default_client
    with _default_lock:
        if _default_client is None:
            _default_client = Client()
        return _default_client


class Handle(Generic[R]):
    """A submitted task. Its id is all that another program needs to wait for it: `Handle(id)`."""

    def __init__(self, id: str, client: Client | None = None) -> None:
        self.id = id
        self.client = client or default_client()

    def wait(self, timeout: float | None = None) -> Task:
        """Waits until the task has ended, however it ended. Raises TimeoutError; the task goes on."""
        return self.client.wait(self.id, timeout)

    def result(self, timeout: float | None = None) -> R:
        """Waits, and returns what the function returned. Raises TaskFailed, or TimeoutError after `timeout` seconds."""
        task = self.wait(timeout)
        if task.state != "succeeded":
            raise TaskFailed(task)
        return cast(R, self.client.result(self.id))

    def task(self) -> Task:
        """Returns the task as it is now."""
        return self.client.get(self.id)

    def cancel(self) -> Task:
        return self.client.cancel(self.id)

    def retry(self) -> Task:
        return self.client.retry(self.id)

    def output(self, stream: Literal["stdout", "stderr"] = "stdout") -> str:
        return self.client.output(self.id, stream).decode(errors="replace")

    def logs(self, follow: bool = True) -> Iterator[LogPiece]:
        return self.client.logs(self.id, follow)

    def __repr__(self) -> str:
        return f"Handle({self.id!r})"


class TaskFunction(Generic[P, R]):
    """A function that workers run. Calling it runs it here; `submit` lets a worker run it."""

    def __init__(
        self, function: Callable[P, R], name: str, fatal: tuple[type[BaseException], ...], options: TaskOptions,
    ) -> None:
        functools.update_wrapper(self, function)
        self.function, self.name, self.fatal, self.task_options = function, name, fatal, options
        self._client: Client | None = None
        self._idempotency_key: str | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def submit(self, *args: P.args, **kwargs: P.kwargs) -> Handle[R]:
        """Submits a call. Raises TypeError if the arguments do not fit the function, or are not JSON."""
        client = self._client or default_client()
        return Handle(Task.of(client._gateway.create("/api/v1/tasks", self.spec(*args, **kwargs), self._idempotency_key)).id, client)

    def map(self, calls: Iterable[tuple[Any, ...]]) -> list[Handle[R]]:
        """Submits a call for each tuple of arguments: up to 10,000, all or none."""
        client = self._client or default_client()
        ids = client.submit_batch([self._spec(words.encode(self.function, call, {})) for call in calls], idempotency_key=self._idempotency_key)
        return [Handle(id, client) for id in ids]

    def spec(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        """Returns the JSON of a task that makes this call, for a schedule or a workflow's node."""
        return self._spec(words.encode(self.function, args, kwargs))

    def options(
        self, *, client: Client | None = None, idempotency_key: str | None = None, **options: Unpack[TaskOptions],
    ) -> TaskFunction[P, R]:
        """Returns the same function with other options: `resize.options(priority=9).submit("a.png", 200)`."""
        other = copy.copy(self)
        other.task_options = cast(TaskOptions, {**self.task_options, **options})
        other._client = client or self._client
        other._idempotency_key = idempotency_key or self._idempotency_key
        return other

    def _spec(self, arguments: list[str]) -> dict[str, Any]:
        options = self.task_options
        retry = options.get("retry", {})
        fatal = list(dict.fromkeys([WRONG_ARGUMENTS, FATAL, *retry.get("fatal_exit_codes", ())]))
        return task_spec(None, [self.name, *arguments], cast(TaskOptions, {
            "name": self.name, "result": True, **options, "retry": {**retry, "fatal_exit_codes": fatal},
            "requires": {LABEL_PREFIX + self.name: LABEL_VALUE, **options.get("requires", {})}}))


@overload
def task(function: Callable[P, R], /) -> TaskFunction[P, R]: ...
@overload
def task(
    *, handler: str | None = None, retries: int | None = None, backoff: Duration | None = None,
    fatal: type[BaseException] | tuple[type[BaseException], ...] = (), **options: Unpack[TaskOptions],
) -> Callable[[Callable[P, R]], TaskFunction[P, R]]: ...


def task(
    function: Callable[P, R] | None = None, /, *, handler: str | None = None, retries: int | None = None, backoff: Duration | None = None,
    fatal: type[BaseException] | tuple[type[BaseException], ...] = (), **options: Unpack[TaskOptions],
) -> Any:
    """Makes a function a task: `@task` or `@task(queue="images", retries=3)`.

    handler: the name under which workers know the function; by default the function's own.
    retries: how many further attempts a failure may have, with a growing pause from `backoff` on. `retry` says more.
    fatal: exceptions after which there is no further attempt.

    Further options are those of Client.submit. Each task requires the label `handler/NAME=true`, which workers with the
    function have. Arguments and the value that the function returns must be JSON.

    A function without a body (a docstring, `...` or `pass` alone) is only declared: it can be submitted, but no worker
    of this package runs it.
    """
    if function is not None:
        return task()(function)
    retry = cast(Retry, {**options.pop("retry", {})})
    if retries is not None:
        retry.setdefault("max_attempts", retries + 1)
    if backoff is not None:
        retry.setdefault("backoff", backoff)
    if retry:
        options["retry"] = retry

    def declare(function: Callable[P, R]) -> TaskFunction[P, R]:
        name = handler or function.__name__
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a task: it must match {_NAME.pattern}. Name another one: @task(handler=…)")
        declared = TaskFunction(function, name, fatal if isinstance(fatal, tuple) else (fatal,), options)
        if _has_body(function):
            known = registry.get(name)
            if known is not None and not _is_same(known.function, function):
                raise ValueError(
                    f"Two functions have the name {name!r}: {_place_of(known.function)} and {_place_of(function)}")
            registry[name] = declared
        return declared

    return declare


def _declared() -> None: ...


async def _declared_async() -> None: ...


def _instructions(function: Any) -> list[tuple[str, Any]]:
    return [(one.opname, one.argval) for one in dis.get_instructions(function) if one.opname not in ("NOP", "RESUME")]


def _has_body(function: Callable[..., Any]) -> bool:
    """Whether a function does anything. Compares instructions, because the source may be missing."""
    if not inspect.isfunction(function):
        return True
    return _instructions(function) not in (_instructions(_declared), _instructions(_declared_async))


def _is_same(known: Callable[..., Any], function: Callable[..., Any]) -> bool:
    """Whether a function was declared again: in a notebook, or because its file was reloaded or has two names."""
    if known.__qualname__ != function.__qualname__:
        return False
    return known.__module__ == function.__module__ == "__main__" or _file_of(known) == _file_of(function)


def _file_of(function: Callable[..., Any]) -> str | None:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return os.path.realpath(code.co_filename) if code is not None else None


def _place_of(function: Callable[..., Any]) -> str:
    return f"{function.__qualname__} of {_file_of(function) or function.__module__}"
