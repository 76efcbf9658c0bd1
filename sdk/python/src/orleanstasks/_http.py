"""Sends requests to the gateway, and repeats them after temporary failures."""

from __future__ import annotations

import http.client
import json
import random
import selectors
import ssl
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any
from urllib.parse import urlencode, urlsplit

from .errors import ServiceError

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
#: The most idle connections kept for later requests.
MOST_IDLE = 8
Query = dict[str, Any]


class Repeat(Enum):
    """After which failures a request may be sent again."""

    NEVER = 0
    #: After 429 and 503: the service has changed nothing.
    IF_REFUSED = 1
    #: After any temporary failure, a lost connection included: the request changes nothing, or its repeat changes nothing.
    ALWAYS = 2


#: The exceptions of a request whose connection the gateway has closed.
_CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_PASSING = {Repeat.NEVER: frozenset[int](), Repeat.IF_REFUSED: frozenset({429, 503}), Repeat.ALWAYS: frozenset({429, 502, 503, 504})}


class Gateway:
    """The connections to one gateway. Thread-safe."""

    def __init__(
        self, url: str, key: str | None, context: ssl.SSLContext | None, timeout: float, max_retries: int, longest_retry_after: float,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError(f"{url!r} is not the address of a gateway, such as http://127.0.0.1:9092")
        self._address = (parts.hostname, parts.port)
        self._base = parts.path.rstrip("/")
        self._context = (context or ssl.create_default_context()) if parts.scheme == "https" else None
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.timeout, self.max_retries, self.longest_retry_after = timeout, max_retries, longest_retry_after
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def get(self, path: str, query: Query | None = None, timeout: float | None = None) -> Any:
        return self.call("GET", path, query=query, repeat=Repeat.ALWAYS, timeout=timeout)

    def create(self, path: str, body: Any, idempotency_key: str | None) -> Any:
        """Posts under an idempotency key, so that the request can be repeated."""
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return self.call("POST", path, body=body, headers=headers, repeat=Repeat.ALWAYS)

    def call(
        self, method: str, path: str, *, query: Query | None = None, body: Any = None, headers: dict[str, str] | None = None,
        repeat: Repeat = Repeat.IF_REFUSED, timeout: float | None = None,
    ) -> Any:
        """Sends JSON, and returns the JSON of the answer; None if it has no content."""
        all_headers = dict(headers or {})
        content: bytes | None = None
        if body is not None:
            content = json.dumps(body, allow_nan=False).encode()
            all_headers["Content-Type"] = "application/json"
        with self.open(method, path, query=query, body=content, headers=all_headers, repeat=repeat, timeout=timeout) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    def open(
        self, method: str, path: str, *, query: Query | None = None, body: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None, repeat: Repeat = Repeat.ALWAYS, timeout: float | None = None,
    ) -> Answer:
        """Sends a request, and returns the answer once its headers are there."""
        target = self._base + path + ("?" + urlencode(_pairs(query)) if query else "")
        tries = 0
        while True:
            pause: float | None = None
            try:
                answer = self._send(method, target, body, {**self._headers, **(headers or {})}, repeat, timeout or self.timeout)
                if answer.status < 300:
                    return answer
                refusal = _refusal(answer)
                # in-flight: the gateway is still answering an earlier try of this request.
                is_in_flight = repeat is Repeat.ALWAYS and refusal.code == "in-flight"
                may_pass = answer.status in _PASSING[repeat] or is_in_flight
                if not may_pass or tries >= self.max_retries or (refusal.retry_after or 0) > self.longest_retry_after:
                    raise refusal
                pause = refusal.retry_after
            except (OSError, http.client.HTTPException):
                if repeat is not Repeat.ALWAYS or tries >= self.max_retries:
                    raise
            tries += 1
            time.sleep(backoff(tries) if pause is None else pause)

    def list(self, path: str, query: Query | None = None, page_size: int = 200) -> Iterator[Any]:
        """Reads a list to its end, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, {**(query or {}), "limit": page_size, "cursor": cursor})
            yield from page["items"]
            cursor = page.get("nextCursor")
            if not cursor:
                return

    def events(self, path: str, query: Query | None = None, after: str | None = None) -> Iterator[Event]:
        """Reads server-sent events until the event `end`. After a lost connection, continues behind the last event."""
        tries = 0
        while True:
            opened: float | None = None
            try:
                headers = {"Accept": "text/event-stream", **({"Last-Event-ID": after} if after else {})}
                with self.open("GET", path, query=query, headers=headers, timeout=max(self.timeout, 60)) as answer:
                    opened = time.monotonic()
                    for id, event in _events_of(answer):
                        after = id or after
                        # An id alone is the position at which the stream begins.
                        if event is None:
                            continue
                        tries = 0
                        yield event
                        if event.type == "end":
                            return
                    raise http.client.RemoteDisconnected(f"{path} ended without the event 'end'")
            except (OSError, http.client.HTTPException):
                # A stream that stayed open for a while does not count as a failed try, even without an event.
                if opened is not None and time.monotonic() - opened > LONGEST_PAUSE:
                    tries = 0
                tries += 1
                if tries > self.max_retries:
                    raise
                time.sleep(backoff(tries))

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._idle.append(connection)
            surplus = self._idle.pop(0) if len(self._idle) > MOST_IDLE else None
        if surplus is not None:
            surplus.close()

    def _take(self) -> http.client.HTTPConnection | None:
        """Returns an idle connection that the gateway has not closed; None if there is none."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if _is_open(connection):
                return connection
            connection.close()

    def _send(
        self, method: str, target: str, body: bytes | Iterable[bytes] | None, headers: dict[str, str], repeat: Repeat, timeout: float,
    ) -> Answer:
        # The gateway may just have closed an idle connection. A request that must not be repeated cannot risk that.
        idle = self._take() if repeat is Repeat.ALWAYS else None
        if idle is not None:
            idle.sock.settimeout(timeout)
            try:
                return self._ask(idle, method, target, body, headers)
            except _CLOSED:
                # This does not count as a failed try: only a new connection shows whether the gateway can be reached.
                pass
        host, port = self._address
        return self._ask(
            http.client.HTTPConnection(host, port, timeout=timeout) if self._context is None
            else http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context),
            method, target, body, headers)

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, target: str, body: bytes | Iterable[bytes] | None,
        headers: dict[str, str],
    ) -> Answer:
        try:
            # A call without a body still says so: some proxies ask for a length.
            if body is None and method != "GET":
                headers = {**headers, "Content-Length": "0"}
            connection.request(method, target, body, headers, encode_chunked=body is not None and not isinstance(body, bytes))
            return Answer(self, connection, connection.getresponse())
        except BaseException:
            connection.close()
            raise


class Answer:
    """An answer whose content may still come. Close it, or read it to its end."""

    def __init__(self, gateway: Gateway, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._gateway, self._connection, self._response = gateway, connection, response
        self.status = response.status
        self.headers = response.headers

    def read(self, size: int | None = None) -> bytes:
        return self._response.read(size)

    def lines(self) -> Iterator[bytes]:
        """The lines, each with its line feed. A connection that breaks raises an OSError or an HTTPException."""
        while line := self._response.readline():
            yield line

    def close(self) -> None:
        if self._response.isclosed() and not self._response.will_close:
            self._gateway.give_back(self._connection)
        else:
            self._connection.close()

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Event:
    """A server-sent event."""

    def __init__(self, id: str | None, type: str, data: str) -> None:
        self.id, self.type, self.data = id, type, data

    def json(self) -> Any:
        return json.loads(self.data)


def backoff(tries: int) -> float:
    """The pause in seconds before the next try, after so many that failed."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (tries - 1)) * random.uniform(0.5, 1)


def _is_open(connection: http.client.HTTPConnection) -> bool:
    """Whether an idle connection is still open: nothing has arrived on it, not even its end."""
    if connection.sock is None:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return not selector.select(0)


def _refusal(answer: Answer) -> ServiceError:
    with answer:
        data = answer.read()
    try:
        problem = json.loads(data)
    except ValueError:
        problem = None
    pause = answer.headers.get("Retry-After", "")
    return ServiceError(answer.status, problem if isinstance(problem, dict) else {}, float(pause) if pause.isdigit() else None)


def _pairs(query: Query) -> list[tuple[str, str]]:
    pairs = []
    for name, value in query.items():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is not None:
                pairs.append((name, str(item).lower() if isinstance(item, bool) else str(item)))
    return pairs


def _events_of(answer: Answer) -> Iterator[tuple[str | None, Event | None]]:
    """Reads the events, each with its id. An id without data comes without an event."""
    id: str | None = None
    type, data = "message", list[str]()
    for raw in answer.lines():
        line = raw.decode().rstrip("\r\n")
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data or id:
                yield id, Event(id, type, "\n".join(data)) if data else None
            id, type, data = None, "message", []
        elif name == "id":
            id = value
        elif name == "event":
            type = value
        elif name == "data":
            data.append(value)
