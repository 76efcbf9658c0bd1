"""Uploads items to a job, and goes on after failures."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
import uuid
from collections.abc import Iterable
from typing import Any

from ._http import Gateway, Repeat, backoff
from .errors import ServiceError

#: About the most bytes of a request.
MOST_BYTES = 1 << 20
#: How long an upload goes on while the service takes nothing, in seconds.
PATIENCE = 600.0
#: The service answers within this time, even if the job's workers are behind.
TIMEOUT = 360.0


class Upload:
    """One upload. Lines stay in memory until they are on disk, and are sent again until then; the job takes each once."""

    def __init__(self, gateway: Gateway, path: str, upload: str, patience: float) -> None:
        self._gateway, self._path, self._upload, self._patience = gateway, path, upload, patience
        self._offset = self._accepted = 0
        self._changed = threading.Condition()
        self._lines: list[bytes] = []
        self._size = 0
        self._ended = False
        self._fault: BaseException | None = None

    def resume(self) -> None:
        """Asks how many items the job has from an earlier try. They are not sent again."""
        self._post([])

    def run(self, items: Iterable[Any]) -> int:
        """Sends items while they are produced; returns how many. Another thread sends what waits for a slow source."""
        sender = threading.Thread(target=self._send, daemon=True)
        sender.start()
        try:
            for item in items:
                self._add(json.dumps(item, allow_nan=False).encode() + b"\n")
                if self._fault:
                    break
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            sender.join()
        if self._fault:
            raise self._fault
        return self._offset

    def _add(self, line: bytes) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._size < MOST_BYTES or self._fault)
            self._lines.append(line)
            self._size += len(line)
            self._changed.notify_all()

    def _send(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._lines or self._ended)
                    lines, self._lines, self._size = self._lines, [], 0
                    self._changed.notify_all()
                if not lines:
                    return
                if self._offset + len(lines) > self._accepted:
                    self._post(lines)
                self._offset += len(lines)
        except BaseException as fault:
            with self._changed:
                self._fault = fault
                self._changed.notify_all()

    def _post(self, lines: list[bytes]) -> None:
        """Posts lines until they are on disk. Without lines, asks how many items are."""
        body, tries, failed_at = b"".join(lines), 0, 0.0
        while True:
            before = self._accepted
            try:
                # A slow job may have taken a part of the lines before a request failed: that is progress.
                if tries and lines:
                    self._post_once(b"", 0)
                self._post_once(body, self._offset if lines else 0)
                return
            except (OSError, http.client.HTTPException, ServiceError) as failure:
                if isinstance(failure, ServiceError) and failure.status not in (408, 429) and failure.status < 500:
                    raise
                if not tries or self._accepted > before:
                    tries, failed_at = 0, time.monotonic()
                if self._gateway.max_retries == 0 or time.monotonic() - failed_at >= self._patience:
                    raise
                tries += 1
                time.sleep(getattr(failure, "retry_after", None) or backoff(tries))

    def _post_once(self, body: bytes, offset: int) -> None:
        with self._gateway.open("POST", self._path, query={"upload": self._upload, "offset": offset}, body=body,
                                headers={"Content-Type": "application/x-ndjson"}, repeat=Repeat.NEVER, timeout=TIMEOUT) as answer:
            self._accepted = max(self._accepted, json.loads(answer.read())["accepted"])


def new_upload() -> str:
    """Makes the name of an upload: a UUID of version 7, which begins with the time."""
    random = int.from_bytes(os.urandom(10), "big")
    value = (time.time_ns() // 1_000_000 << 80) | random
    value = value & ~(0xF << 76) & ~(0x3 << 62) | (0x7 << 76) | (0x2 << 62)
    return str(uuid.UUID(int=value))
