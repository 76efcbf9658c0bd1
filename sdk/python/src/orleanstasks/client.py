"""A client of the HTTP API."""

from __future__ import annotations

import json
import os
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, Unpack
from urllib.parse import quote

from ._http import Answer, Event, Gateway, Repeat
from ._upload import PATIENCE, Upload, new_upload
from .errors import ServiceError
from .files import Artifact, Files, Inputs, WorkflowArtifact, save_artifact

DEFAULT_URL = "http://127.0.0.1:9092"
LONGEST_WAIT = 60.0
Json = Any
Items = list[dict[str, Any]]
Paths = list[str]
Duration = timedelta | float | str
"""A timedelta, a number of seconds, or a text such as `1m30s`."""


class Budget(TypedDict, total=False):
    """How often a task may fail for one cause."""

    max_attempts: int
    codes: Sequence[int | str]
    memory_factor: float
    memory_max: int


class Retry(TypedDict, total=False):
    """When a failed attempt is followed by another one (docs/failures.md). `on` has the budgets by cause."""

    max_attempts: int
    backoff: Duration
    max_backoff: Duration
    on_node_lost: bool
    fatal_exit_codes: Sequence[int | str]
    on: Mapping[str, Budget]


class Limits(TypedDict, total=False):
    """What one attempt may use."""

    memory_bytes: int
    cpu_time: Duration
    processes: int
    open_files: int


class Concurrency(TypedDict, total=False):
    """How many tasks of the queue with the same key run at once."""

    key: str
    limit: int


Unique = TypedDict("Unique", {"key": str, "while": str, "then": str}, total=False)
"""Which task of the queue holds a key, and what happens to a new one: refuse, join or replace."""


class TaskOptions(TypedDict, total=False):
    """The members of a task besides its command. The service's defaults hold for those that are left out."""

    name: str
    queue: str
    priority: int
    env: Mapping[str, str]
    secret_env: Mapping[str, str]
    cwd: str
    stdin: str
    timeout: Duration
    kill_grace: Duration
    retry: Retry
    run_at: datetime | str
    expires_at: datetime | str
    labels: Mapping[str, str]
    requires: Mapping[str, str]
    limits: Limits
    concurrency: Concurrency
    unique: Unique
    debounce: Duration
    debounce_max: Duration
    after: Sequence[str | Mapping[str, str]]
    result: bool
    max_output_bytes: int
    hide_progress: bool
    files: Inputs
    artifacts: Sequence[str | Mapping[str, Any]]
    max_artifact_bytes: int | str
    resources: Mapping[str, float | str | bool]
    isolation: str | Mapping[str, Any]


class TaskFilter(TypedDict, total=False):
    """Which tasks a list has."""

    state: str
    queue: str
    node: str
    name: str
    label: Sequence[str]
    created_after: datetime | str
    created_before: datetime | str
    reason: str
    batch: str
    workflow: str
    q: str


@dataclass(frozen=True)
class Task:
    """A task as the service described it. `json` has every member of the answer."""

    id: str
    name: str
    queue: str
    state: str
    attempt: int
    node: str | None
    reason: str | None
    exit_code: int | None
    signal: str | None
    labels: Mapping[str, str]
    tail: str
    json: Mapping[str, Any]

    @property
    def has_ended(self) -> bool:
        return self.state in ("succeeded", "failed", "cancelled")

    @staticmethod
    def of(json: Mapping[str, Any]) -> Task:
        return Task(
            json["id"], json["name"], json["queue"], json["state"], json.get("attempt", 0), json.get("node"), json.get("reason"),
            json.get("exitCode"), json.get("signal"), json.get("labels") or {}, (json.get("output") or {}).get("tail", ""), json)


@dataclass(frozen=True)
class LogPiece:
    """A piece of a task's output. `stream` is `stdout` or `stderr`; `offset` counts bytes of the stream."""

    stream: str
    offset: int
    text: str
    attempt: int


class Client:
    """Calls a gateway. Thread-safe; not to be shared with a forked process.

    A request is repeated after a lost connection, 429, 502, 503 and 504: up to `max_retries` times, with pauses that
    double from 0.25 s to 5 s, or the pause that the gateway asks for if it is at most `longest_retry_after` seconds. A
    submission has an idempotency key, so that its repeat creates nothing twice. Cancel, retry and the like are repeated
    only after 429 and 503, when the service has changed nothing.

    A refusal is a ServiceError; a gateway that cannot be reached, an OSError or an http.client.HTTPException.
    """

    def __init__(
        self, url: str | None = None, key: str | None = None, *, ca_file: str | None = None, tls: ssl.SSLContext | None = None,
        timeout: float = 30.0, max_retries: int = 5, longest_retry_after: float = 30.0,
    ) -> None:
        """Opens nothing yet.

        url: the gateway's address; by default OTASK_URL, then http://127.0.0.1:9092.
        key: sent as `Authorization: Bearer`; by default OTASK_KEY, if `url` is not given either.
        ca_file: the certificate authorities to trust instead of the system's. `tls` is a whole context, for anything else.
        timeout: how many seconds a connection may be silent.
        """
        if url is None:
            url, key = os.environ.get("OTASK_URL") or DEFAULT_URL, key or os.environ.get("OTASK_KEY") or None
        if tls is None and ca_file is not None:
            tls = ssl.create_default_context(cafile=ca_file)
        self.url = url
        self._gateway = Gateway(url, key, tls, timeout, max_retries, longest_retry_after)
        self.files = Files(self._gateway)
        self.jobs = Jobs(self._gateway)
        self.queues = Queues(self._gateway)
        self.definitions = Definitions(self._gateway)
        self.schedules = Schedules(self._gateway)
        self.calendars = Calendars(self._gateway)
        self.triggers = Triggers(self._gateway)
        self.notifications = Notifications(self._gateway)
        self.workflows = Workflows(self._gateway)

    def submit(
        self, cmd: str | None = None, *, argv: Sequence[str] | None = None, idempotency_key: str | None = None,
        **options: Unpack[TaskOptions],
    ) -> Task:
        """Submits a task: a line for the shell, or a program with its arguments (`argv`). It is on disk once this returns.

        `files` of this machine are stored first: `files={"sales.csv": "/data/sales.csv", "lib/": "src/lib"}`.
        With an idempotency key, the service accepts the task once within 24 hours, also from several programs.
        """
        return Task.of(self._gateway.create("/api/v1/tasks", task_spec(cmd, argv, self.stored(options)), idempotency_key))

    def submit_batch(self, specs: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None) -> list[str]:
        """Submits up to 10,000 tasks of one queue, all or none. Returns their ids. `task_spec` makes a spec."""
        ids: list[str] = self._gateway.create("/api/v1/tasks/batch", {"tasks": list(specs)}, idempotency_key)["ids"]
        return ids

    def run(
        self, cmd: str | None = None, *, argv: Sequence[str] | None = None, idempotency_key: str | None = None,
        **options: Unpack[TaskOptions],
    ) -> Task:
        """Submits a task and waits until it has ended."""
        return self.wait(self.submit(cmd, argv=argv, idempotency_key=idempotency_key, **options).id)

    def get(self, id: str) -> Task:
        return Task.of(self._gateway.get(_path("tasks", id)))

    def wait(self, id: str, timeout: float | None = None) -> Task:
        """Waits until a task has ended. Raises TimeoutError after `timeout` seconds; the task goes on."""
        return Task.of(_wait(self._gateway, _path("tasks", id), timeout, lambda task: Task.of(task).has_ended))

    def list(self, page_size: int = 200, **filters: Unpack[TaskFilter]) -> Iterator[Task]:
        """Lists tasks, the newest first. Further pages are read as they are needed."""
        query = {_camel(name): _value(value) for name, value in filters.items()}
        return map(Task.of, self._gateway.list("/api/v1/tasks", query, page_size))

    def cancel(self, id: str) -> Task:
        """Asks a task to end. It keeps its state until its processes are dead."""
        return Task.of(self._gateway.call("POST", _path("tasks", id, "cancel")))

    def retry(self, id: str) -> Task:
        """Queues a failed or cancelled task again, with full budgets."""
        return Task.of(self._gateway.call("POST", _path("tasks", id, "retry")))

    def why(self, id: str) -> dict[str, Any]:
        """Says why a task does not run yet."""
        answer: dict[str, Any] = self._gateway.get(_path("tasks", id, "why"))
        return answer

    def attempts(self, id: str) -> Items:
        items: Items = self._gateway.get(_path("tasks", id, "attempts"))["items"]
        return items

    def result(self, id: str) -> Json:
        """Returns the JSON that a task left as its result; None if it left none."""
        try:
            return self._gateway.get(_path("tasks", id, "result"))
        except ServiceError as refusal:
            if refusal.code == "no-result":
                return None
            raise

    def artifacts(self, id: str) -> Iterator[Artifact]:
        """Lists the files that a task left, by path. Raises ServiceError `no-artifacts` if it was to leave none."""
        for found in self._gateway.list(_path("tasks", id, "artifacts")):
            yield Artifact(found["path"], found["file"], found["bytes"], found["executable"])

    def artifact(self, id: str, path: str) -> bytes:
        """Returns a file that a task left."""
        with self._artifact(id, path) as answer:
            return answer.read()

    def save_artifacts(self, id: str, folder: str | os.PathLike[str] = ".") -> Paths:
        """Writes all files that a task left below a folder, and returns their paths. Each comes whole or not at all."""
        paths: Paths = []
        for artifact in self.artifacts(id):
            with self._artifact(id, artifact.path) as answer:
                paths.append(save_artifact(answer, artifact, folder))
        return paths

    def stored(self, options: TaskOptions) -> TaskOptions:
        """Stores the local files that options name, and returns options that name the stored files."""
        return {**options, "files": self.files.entries(options["files"])} if "files" in options else options

    def _artifact(self, id: str, path: str) -> Answer:
        return self._gateway.open("GET", _path("tasks", id, "artifacts", *path.split("/")))

    def output(self, id: str, stream: Literal["stdout", "stderr"] = "stdout", attempt: int | None = None) -> bytes:
        """Returns what an attempt wrote, by default the latest. It can be read while the attempt runs."""
        of = () if attempt is None else ("attempts", str(attempt))
        with self._gateway.open("GET", _path("tasks", id, *of, "output", stream)) as answer:
            return answer.read()

    def logs(self, id: str, follow: bool = False) -> Iterator[LogPiece]:
        """Reads a task's output as text, in the order in which it arrived.

        With `follow`, continues until the task has ended, across retries and lost connections.
        """
        for event in self._gateway.events(_path("tasks", id, "logs"), {"follow": True} if follow else None):
            if event.type == "message":
                piece = event.json()
                yield LogPiece(piece["stream"], piece["offset"], piece["text"], piece.get("attempt", 0))

    def events(self, after: str | None = None) -> Iterator[Event]:
        """Follows every change. An event's `id` lets a later call continue behind it."""
        return self._gateway.events("/api/v1/events", after=after)

    def close(self) -> None:
        """Closes idle connections. The client can be used again."""
        self._gateway.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Resources:
    """Calls for one kind of resource. Bodies and answers are the JSON of the HTTP contract."""

    _name = ""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def get(self, id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._gateway.get(_path(self._name, id))
        return answer

    def list(self, **filters: Any) -> Iterator[dict[str, Any]]:
        return self._gateway.list("/api/v1/" + self._name, {_camel(name): _value(value) for name, value in filters.items()})

    def _create(self, spec: Mapping[str, Any], idempotency_key: str | None) -> dict[str, Any]:
        answer: dict[str, Any] = self._gateway.create("/api/v1/" + self._name, spec, idempotency_key)
        return answer

    def _put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._gateway.call("PUT", _path(self._name, id), body=body, repeat=Repeat.ALWAYS)
        return answer

    def _post(self, id: str, verb: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._gateway.call("POST", _path(self._name, id, verb))
        return answer


class Jobs(_Resources):
    """Data jobs (docs/jobs.md)."""

    _name = "jobs"

    def submit(self, spec: Mapping[str, Any], *, idempotency_key: str | None = None) -> dict[str, Any]:
        return self._create(spec, idempotency_key)

    def wait(self, id: str, timeout: float | None = None) -> dict[str, Any]:
        return _wait(self._gateway, _path("jobs", id), timeout, lambda job: bool(job["state"] != "running"))

    def cancel(self, id: str) -> dict[str, Any]:
        return self._post(id, "cancel")

    def append(self, id: str, items: Iterable[Json], *, upload: str | None = None, patience: float = PATIENCE) -> int:
        """Uploads items to a job with the source `stream`; returns how many once all are on disk.

        The upload outlives restarts of the service, for `patience` seconds at a time, and each item counts once.
        With a UUID of your own as `upload`, another program can continue when this one ends early: it produces the same
        items from the beginning, and the job skips those that it has.
        """
        sender = Upload(self._gateway, _path("jobs", id, "items"), upload or new_upload(), patience)
        if upload:
            sender.resume()
        return sender.run(items)

    def finish(self, id: str) -> dict[str, Any]:
        """Says that no more items will come."""
        answer: dict[str, Any] = self._gateway.call("POST", _path("jobs", id, "close"), repeat=Repeat.ALWAYS)
        return answer

    def results(self, id: str) -> Iterator[Json]:
        """Reads the results of a job with the aggregate `collect`."""
        with self._gateway.open("GET", _path("jobs", id, "results")) as answer:
            for line in answer.lines():
                yield json.loads(line)

    def failures(self, id: str) -> Items:
        return [*self._gateway.list(_path("jobs", id, "failures"))]

    def artifacts(self, id: str) -> Iterator[Artifact]:
        """Lists the files that a job left. Raises ServiceError `no-artifacts` if it keeps none or is open."""
        for found in self._gateway.list(_path("jobs", id, "artifacts")):
            yield Artifact(found["path"], found["file"], found["bytes"], found["executable"])


class Queues(_Resources):
    """Queues (docs/queues.md)."""

    _name = "queues"

    def list(self, **filters: Any) -> Iterator[dict[str, Any]]:
        # All on one page.
        yield from self._gateway.get("/api/v1/queues", filters)["items"]

    def put(self, name: str, **settings: Any) -> dict[str, Any]:
        """Makes a queue or changes it: `max_running=4`. None sets a default; what is left out stays."""
        return self._put(name, {_camel(setting): value for setting, value in settings.items()})

    def pause(self, name: str) -> dict[str, Any]:
        return self.put(name, paused=True)

    def resume(self, name: str) -> dict[str, Any]:
        return self.put(name, paused=False)

    def delete(self, name: str) -> None:
        self._gateway.call("DELETE", _path("queues", name))


class Schedules(_Resources):
    """Schedules (docs/schedules.md)."""

    _name = "schedules"

    def create(self, spec: Mapping[str, Any], *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Creates a schedule with an id that the service makes."""
        return self._create(spec, idempotency_key)

    def put(self, id: str, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Creates a schedule or replaces it."""
        return self._put(id, spec)

    def pause(self, id: str) -> dict[str, Any]:
        return self._post(id, "pause")

    def resume(self, id: str) -> dict[str, Any]:
        return self._post(id, "resume")

    def trigger(self, id: str) -> dict[str, Any]:
        """Starts an occurrence now; returns the task, job or workflow."""
        answer: dict[str, Any] = self._gateway.create(_path("schedules", id, "trigger"), None, None)
        return answer

    def delete(self, id: str) -> None:
        self._gateway.call("DELETE", _path("schedules", id))


class Definitions(_Resources):
    """Definitions: what can be run with parameters (docs/definitions.md). Names may have slashes."""

    _name = "definitions"

    def put(self, name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Stores a definition as its next version, unless the latest version is the same."""
        return self._put(name, definition)

    def choices(self, name: str) -> list[dict[str, Any]]:
        """Returns what definitions printed that parameters of this one name in `choicesFrom`."""
        found: list[dict[str, Any]] = self._gateway.get(_path("definitions", name), {"choices": "true"})["choices"]
        return found

    def run(
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Runs a definition; returns the kind and the id of what it started."""
        body = {"parameters": parameters, "version": version, "labels": labels}
        given = {field: value for field, value in body.items() if value is not None}
        answer: dict[str, Any] = self._gateway.create(_path("definitions", name, "runs"), given, idempotency_key)
        return answer

    def runs(self, name: str) -> Iterator[dict[str, Any]]:
        return self._gateway.list(_path("definitions", name, "runs"), {})

    def delete(self, name: str) -> None:
        self._gateway.call("DELETE", _path("definitions", name))


class Calendars(_Resources):
    """Named sets of times that schedules and queues follow (docs/calendars.md)."""

    _name = "calendars"

    def list(self, **filters: Any) -> Iterator[dict[str, Any]]:
        # All on one page.
        yield from self._gateway.get("/api/v1/calendars", filters)["items"]

    def put(self, name: str, calendar: Mapping[str, Any]) -> dict[str, Any]:
        """Creates a calendar or replaces it: `{"days": ["2026-12-24"], "zone": "Europe/Berlin"}`."""
        return self._put(name, calendar)

    def delete(self, name: str) -> None:
        """Deletes a calendar. Raises ServiceError `calendar-in-use` if a schedule or queue uses it."""
        self._gateway.call("DELETE", _path("calendars", name))


class Triggers(_Resources):
    """Triggers, by which other systems start definitions (docs/triggers.md). A key with the scope `admin` is needed."""

    _name = "triggers"

    def list(self, **filters: Any) -> Iterator[dict[str, Any]]:
        # All on one page.
        yield from self._gateway.get("/api/v1/triggers", filters)["items"]

    def put(self, name: str, trigger: Mapping[str, Any]) -> dict[str, Any]:
        """Creates a trigger or replaces it. A secret that the service makes is in this answer only.

        So a request whose answer is lost is not repeated: the repeat would not show the secret. `rotate` makes another.
        """
        answer: dict[str, Any] = self._gateway.call("PUT", _path("triggers", name), body=trigger)
        return answer

    def rotate(self, name: str) -> dict[str, Any]:
        """Replaces the secret at once; the new one is in this answer only."""
        return self._post(name, "rotate")

    def delete(self, name: str) -> None:
        self._gateway.call("DELETE", _path("triggers", name))


class Notifications(_Resources):
    """Notifications by mail, Slack and Teams (docs/notifications.md). A key with the scope `admin` is needed."""

    _name = "notifications"

    def list(self, **filters: Any) -> Iterator[dict[str, Any]]:
        # All on one page.
        yield from self._gateway.get("/api/v1/notifications", filters)["items"]

    def put(self, name: str, notification: Mapping[str, Any]) -> dict[str, Any]:
        """Creates a notification, for events from now on, or replaces its settings."""
        return self._put(name, notification)

    def test(self, name: str) -> dict[str, Any]:
        """Sends a test message; returns whether the target took it."""
        return self._post(name, "test")

    def delete(self, name: str) -> None:
        self._gateway.call("DELETE", _path("notifications", name))


class Workflows(_Resources):
    """Workflows (docs/workflows.md)."""

    _name = "workflows"

    def submit(self, spec: Mapping[str, Any], *, idempotency_key: str | None = None) -> dict[str, Any]:
        return self._create(spec, idempotency_key)

    def wait(self, id: str, timeout: float | None = None) -> dict[str, Any]:
        return _wait(self._gateway, _path("workflows", id), timeout, lambda workflow: bool(workflow["state"] != "running"))

    def nodes(self, id: str, **filters: Any) -> Iterator[dict[str, Any]]:
        return self._gateway.list(_path("workflows", id, "nodes"), {_camel(name): value for name, value in filters.items()})

    def artifacts(self, id: str) -> Iterator[WorkflowArtifact]:
        """Lists the files that the nodes left, by node, item and path.

        Raises ServiceError `no-artifacts` if no node that has ended keeps files.
        """
        for found in self._gateway.list(_path("workflows", id, "artifacts")):
            yield WorkflowArtifact(
                found["node"], found["item"], found["task"], found["path"], found["file"], found["bytes"],
                found["executable"])

    def cancel(self, id: str) -> dict[str, Any]:
        return self._post(id, "cancel")

    def retry(self, id: str) -> dict[str, Any]:
        return self._post(id, "retry")


def task_spec(cmd: str | None, argv: Sequence[str] | None, options: TaskOptions) -> dict[str, Any]:
    """Returns the JSON of a task: of a workflow's node, of a schedule, or to submit in a batch."""
    if (cmd is None) == (argv is None):
        raise TypeError("a task has either cmd or argv")
    spec: dict[str, Any] = {"cmd": cmd} if argv is None else {"argv": list(argv)}
    for name, value in options.items():
        if name == "retry":
            value = _retry(value)  # type: ignore[arg-type]
        elif name in ("limits", "concurrency", "unique"):
            value = _members(value)  # type: ignore[arg-type]
        elif name in ("timeout", "kill_grace", "debounce", "debounce_max"):
            value = _duration(value)  # type: ignore[arg-type]
        elif name == "files" and isinstance(value, Mapping):
            raise TypeError("files of this machine must be stored first: files=client.files.entries({…})")
        spec[_camel(name)] = _value(value)
    return spec


def _retry(retry: Retry) -> dict[str, Any]:
    return {**_members(retry), **({"on": {cause: _members(budget) for cause, budget in retry["on"].items()}} if "on" in retry else {})}


def _members(object: Mapping[str, Any]) -> dict[str, Any]:
    durations = ("backoff", "max_backoff", "cpu_time")
    return {_camel(name): _duration(value) if name in durations else value for name, value in object.items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone().isoformat()
    return _duration(value) if isinstance(value, timedelta) else value


def _duration(value: Duration) -> str:
    if isinstance(value, str):
        return value
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    return f"{round(seconds * 1000)}ms"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _path(*parts: str) -> str:
    for part in parts:
        if part in ("", ".", ".."):  # The address would be that of a list.
            raise ValueError(f"{part!r} is not an id")
    return "/api/v1/" + "/".join(quote(part, safe="") for part in parts)


def _wait(gateway: Gateway, path: str, timeout: float | None, has_ended: Any) -> dict[str, Any]:
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        most = LONGEST_WAIT if until is None else min(LONGEST_WAIT, max(0.0, until - time.monotonic()))
        answer: dict[str, Any] = gateway.get(path, {"wait": f"{int(most * 1000)}ms"}, timeout=most + gateway.timeout)
        if has_ended(answer):
            return answer
        if until is not None and time.monotonic() >= until:
            raise TimeoutError(f"{path} has not ended within {timeout} s")
