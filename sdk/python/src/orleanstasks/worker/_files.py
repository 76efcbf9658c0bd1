"""Files of tasks: puts inputs into working folders, and collects and sends what functions leave."""

from __future__ import annotations

import collections
import contextlib
import hashlib
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc

from . import node_service_pb2 as pb

#: The size of a block that is sent, and how much is read at once.
BLOCK = 256 * 1024
MOST_ARTIFACTS, MOST_ENTRIES, NAMES, PAGE = 100_000, 2_000_000, 10_000, 1_000
#: How many seconds a transfer may fail without progress, and how many seconds a call may move no bytes.
SILENCE = 120.0
#: How many seconds the service may take to answer once it has all bytes of a file.
LONGEST_ANSWER = 600.0
#: How many seconds pass between two checks of a watched call.
LOOK = 1.0
MOST_WRONG = 3
#: The most tries in a row that may send bytes without getting further than an earlier try.
MOST_IN_VAIN = 5
Reason = pb.Result


class FileFault(Exception):
    """Files cannot be had or kept. `reason` is that of the attempt."""

    def __init__(self, reason: int, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Stopped(Exception):
    """The attempt is to end, or its lease is over."""


class Cache:
    """The files that the worker has fetched in this run, by their SHA-256. Those that nobody uses go, the least recently used first,
    when all have more than `capacity` bytes. Safe for several threads."""

    def __init__(self, folder: str, capacity: int) -> None:
        self._folder, self._capacity, self._used = folder, capacity, 0
        self._changed = threading.Condition()
        self._files: collections.OrderedDict[bytes, int] = collections.OrderedDict()
        self._users: collections.Counter[bytes] = collections.Counter()
        self._arriving: set[bytes] = set()

    @property
    def used(self) -> int:
        with self._changed:
            return self._used

    def take(self, name: bytes, size: int, fetch: Callable[[str], None], check: Callable[[], None]) -> str:
        """Returns the path of a file, which stays until `leave`. Several that need it wait for one fetch."""
        path = os.path.join(self._folder, name.hex())
        with self._changed:
            while name in self._arriving:
                check()
                self._changed.wait(0.2)
            self._users[name] += 1
            if name in self._files:
                self._files.move_to_end(name)
                return path
            self._arriving.add(name)
            self._used += size
            self._trim()
        try:
            fetch(path)
        except BaseException:
            _unlink(path)
            with self._changed:
                self._used -= size
                self._arriving.discard(name)
                self._users[name] -= 1
                self._changed.notify_all()
            raise
        with self._changed:
            self._files[name] = size
            self._arriving.discard(name)
            self._changed.notify_all()
        return path

    def leave(self, name: bytes) -> None:
        with self._changed:
            self._users[name] -= 1
            self._trim()

    def _trim(self) -> None:
        for name in [name for name in self._files if self._users[name] <= 0]:
            if self._used <= self._capacity:
                return
            self._used -= self._files.pop(name)
            del self._users[name]
            _unlink(os.path.join(self._folder, name.hex()))


class Plane:
    """The calls about files, for one attempt, in whatever session there is. A call that fails is repeated."""

    def __init__(self, node: str, lease: pb.Lease, link: Callable[[], Any], check: Callable[[], None]) -> None:
        self._node, self._lease, self._link, self.check = node, lease, link, check

    def fetch(self, name: bytes, size: int, path: str) -> None:
        """Fetches a file, and compares its hash. A fetch that breaks goes on where it was."""
        for _ in range(MOST_WRONG):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
                found = self._fetch(name, size, file)
            if found == name:
                return
        raise FileFault(Reason.FILE_UNAVAILABLE, f"the bytes of sha256:{name.hex()} came {MOST_WRONG} times with another hash")

    def _fetch(self, name: bytes, size: int, file: Any) -> bytes:
        """Fetches what the service sends for a name. Returns the hash of its bytes."""
        digest, at, reached = hashlib.sha256(), 0, 0

        def read(link: Any) -> bool:
            nonlocal at
            blocks = link.fetch_file(pb.FetchRequest(
                node_id=self._node, session=link.session, lease=self._lease, name=name, offset=at))
            with self._watched(blocks, lambda: at):
                for block in blocks:
                    self.check()
                    self._require(block.outcome)
                    if at + len(block.data) > size:
                        raise FileFault(Reason.FILE_UNAVAILABLE, f"the file is larger than {size} bytes")
                    file.write(block.data)
                    digest.update(block.data)
                    at += len(block.data)
            return at == size

        def has_progressed() -> bool:
            nonlocal reached
            is_further, reached = at > reached, at
            return is_further

        self._repeat(read, has_progressed)
        return digest.digest()

    def missing(self, names: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()

        def ask(link: Any, page: Sequence[bytes]) -> bool:
            answer = link.missing_files(pb.MissingRequest(
                node_id=self._node, session=link.session, lease=self._lease, names=b"".join(page)))
            self._require(answer.outcome)
            found.update(answer.missing[at:at + 32] for at in range(0, len(answer.missing), 32))
            return True

        for start in range(0, len(names), NAMES):
            self._repeat(lambda link, page=names[start:start + NAMES]: ask(link, page))
        return found

    def store(self, name: bytes, size: int, content: Callable[[], Iterator[bytes]]) -> None:
        """Stores a file. A try that breaks is repeated from the first byte."""
        sent = furthest = in_vain = 0

        def send(link: Any) -> bool:
            def blocks() -> Iterator[pb.StoreBlock]:
                nonlocal sent
                yield pb.StoreBlock(node_id=self._node, session=link.session, lease=self._lease, name=name, size=size)
                for data in content():
                    self.check()
                    yield pb.StoreBlock(data=data)
                    # gRPC asks for the next block, so it has taken this one.
                    sent += len(data)

            call = link.store_file(blocks())
            with self._watched(call, lambda: sent, lambda: SILENCE if sent < size else LONGEST_ANSWER):
                self._require(call.result().outcome)
            return True

        def has_progressed() -> bool:
            """A try that sends bytes counts even if an earlier one got further, but only a few such tries in a row."""
            nonlocal sent, furthest, in_vain
            now, sent = sent, 0
            if now == 0:
                return False
            in_vain = 0 if now > furthest else in_vain + 1
            furthest = max(furthest, now)
            return in_vain < MOST_IN_VAIN

        self._repeat(send, has_progressed)

    def name_artifacts(self, artifacts: Sequence[pb.Artifact]) -> None:
        def tell(link: Any, page: Sequence[pb.Artifact]) -> bool:
            self._require(link.name_artifacts(pb.ArtifactPage(
                node_id=self._node, session=link.session, lease=self._lease, artifacts=page)).outcome)
            return True

        for start in range(0, len(artifacts), PAGE):
            self._repeat(lambda link, page=artifacts[start:start + PAGE]: tell(link, page))

    @contextlib.contextmanager
    def _watched(
        self, call: Any, moved: Callable[[], int], patience: Callable[[], float] = lambda: SILENCE,
    ) -> Iterator[None]:
        """Cancels a call when it moves no bytes for too long, when its attempt must end, and after the block."""
        is_over, stands_still = threading.Event(), threading.Event()

        def watch() -> None:
            known, since = moved(), time.monotonic()
            while not is_over.wait(LOOK):
                if moved() != known:
                    known, since = moved(), time.monotonic()
                elif time.monotonic() - since >= patience():
                    stands_still.set()
                    break
                try:
                    self.check()
                except Stopped:
                    break
            call.cancel()

        try:
            threading.Thread(target=watch, name="files", daemon=True).start()
            yield
        except (grpc.RpcError, grpc.FutureCancelledError):
            if stands_still.is_set():
                raise _Again("the service neither takes nor sends anything") from None
            raise
        finally:
            is_over.set()
            call.cancel()

    def _repeat(self, call: Callable[[Any], bool], has_progressed: Callable[[], bool] = lambda: False) -> None:
        """Repeats a call until it returns True. Fails after tries have failed for too long without progress."""
        pause, why = 0.05, "the service is not connected"
        failing_since: float | None = None
        while True:
            self.check()
            link = self._link()
            try:
                if link is not None:
                    if call(link):
                        return
                    why = "the service ended the call early"
            except _Again as failure:
                why = str(failure)
            # ValueError: the channel was closed during the call. RuntimeError: no further thread can be started.
            except (grpc.RpcError, grpc.FutureCancelledError, ValueError, RuntimeError) as failure:
                why = str(failure.details() if isinstance(failure, grpc.Call) else failure)
                if isinstance(failure, grpc.Call) and failure.code() == grpc.StatusCode.UNIMPLEMENTED:
                    raise FileFault(Reason.FILE_UNAVAILABLE, "the service has no files for workers") from None
            if has_progressed():
                pause, failing_since = 0.05, None
            if failing_since is None:
                failing_since = time.monotonic()
            if time.monotonic() - failing_since > SILENCE:
                raise FileFault(Reason.FILE_UNAVAILABLE, f"nothing succeeded for {SILENCE:g} s: {why}")
            time.sleep(pause)
            pause = min(1.0, 2 * pause)

    @staticmethod
    def _require(outcome: int) -> None:
        if outcome == pb.FILE_OK:
            return
        # The session is opened anew meanwhile, or the attempt is about to be killed.
        if outcome in (pb.FILE_SESSION_OVER, pb.FILE_NOT_HELD):
            raise _Again(pb.FileOutcome.Name(outcome))
        raise FileFault(Reason.FILE_UNAVAILABLE, {
            pb.FILE_UNKNOWN: "the service does not have the file", pb.FILE_STORE_FULL: "the service has no room for the file",
            pb.FILE_WRONG_HASH: "the service received the file with another hash",
        }.get(outcome, f"the service refuses the file ({outcome})"))


class _Again(Exception):
    """An answer after which the call is repeated."""


def put(cache: Cache, plane: Plane, inputs: Sequence[pb.TaskInput], folder: str) -> None:
    """Puts the inputs into a working folder that is still empty. Each is a copy."""
    for file in inputs:
        plane.check()
        parts = file.path.split("/")
        if not file.path or any(part in ("", ".", "..") for part in parts) or "\0" in file.path or len(file.name) != 32:
            raise FileFault(Reason.FILE_UNAVAILABLE, f"the input {file.path!r} has no valid path or name")
        name, path = bytes(file.name), os.path.join(folder, *parts)
        try:
            source = cache.take(name, file.size, lambda to, file=file, name=name: plane.fetch(name, file.size, to), plane.check)
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o755 if file.executable else 0o644)
                with open(made, "wb") as write, open(source, "rb") as read:
                    while os.sendfile(write.fileno(), read.fileno(), None, 1 << 30):  # type: ignore[arg-type]
                        plane.check()
            finally:
                cache.leave(name)
        except OSError as failure:
            raise FileFault(Reason.FILE_UNAVAILABLE, f"the input {file.path!r} cannot be put: {failure}") from None


def keep(
    plane: Plane, patterns: Sequence[pb.ArtifactPattern], most: int, folder: str, copies: str, has_succeeded: bool,
) -> tuple[int, int] | None:
    """Stores and names what a function has left. Returns how many artifacts there are and their bytes; None if none are asked for."""
    chosen = [pattern for pattern in patterns if has_succeeded or pattern.on_ended]
    if not chosen:
        return None
    rules = [(pattern, to_expression(pattern.pattern)) for pattern in chosen]
    found, met, skipped, total = list[pb.Artifact](), set[int](), dict[int, str](), 0
    with open(os.open(copies, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600), "r+b") as copy:
        places: dict[bytes, tuple[int, int]] = {}
        for path, parent, name, kind in _walk(folder, plane.check):
            matching = [number for number, (_, expression) in enumerate(rules) if expression.fullmatch(path)]
            if not matching:
                continue
            if kind is not None:
                skipped.update({number: f"{path} is {kind}" for number in matching})
                continue
            try:
                digest, size, executable = _copy(parent, name, copy, most - total, plane.check)
            except _TooLarge:
                raise FileFault(
                    Reason.ARTIFACT_TOO_LARGE,
                    f"The artifacts have more than {most:,} bytes, which is the task's maxArtifactBytes.") from None
            except OSError as failure:
                raise FileFault(Reason.ARTIFACT_TOO_LARGE, f"The artifacts cannot be copied: {failure}") from None
            met.update(matching)
            total += size
            if digest in places:
                copy.seek(-size, os.SEEK_END)
                copy.truncate()
            else:
                places[digest] = (copy.seek(0, os.SEEK_END) - size, size)
            found.append(pb.Artifact(path=path, name=digest, size=size, executable=executable))
            if len(found) > MOST_ARTIFACTS:
                raise FileFault(Reason.ARTIFACT_TOO_LARGE, f"There are more than {MOST_ARTIFACTS:,} artifacts.")
        for number, (pattern, _) in enumerate(rules):
            if has_succeeded and not pattern.optional and number not in met:
                why = f" ({skipped[number]})" if number in skipped else ""
                raise FileFault(Reason.ARTIFACT_MISSING, f"The artifact {pattern.pattern} is missing: no file matches{why}.")
        found.sort(key=lambda artifact: artifact.path.encode())

        def content(place: tuple[int, int]) -> Callable[[], Iterator[bytes]]:
            def read() -> Iterator[bytes]:
                at, end = place[0], sum(place)
                while at < end:
                    data = os.pread(copy.fileno(), min(BLOCK, end - at), at)
                    at += len(data)
                    yield data
            return read

        copy.flush()
        for digest in sorted(plane.missing(list(places))):
            plane.store(digest, places[digest][1], content(places[digest]))
        plane.name_artifacts(found)
    return len(found), total


class _TooLarge(Exception):
    pass


def _copy(parent: int, name: str, copy: Any, room: int, check: Callable[[], None]) -> tuple[bytes, int, bool]:
    """Appends a file to the copies. It is read once, so the bytes that are hashed are those that are kept."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(f"{name} is not a regular file any more")
        digest, size = hashlib.sha256(), 0
        copy.seek(0, os.SEEK_END)
        while data := os.read(descriptor, BLOCK):
            check()
            size += len(data)
            if size > room:
                raise _TooLarge
            digest.update(data)
            copy.write(data)
        copy.flush()
        return digest.digest(), size, bool(mode & stat.S_IXUSR)
    finally:
        os.close(descriptor)


def _walk(folder: str, check: Callable[[], None]) -> Iterator[tuple[str, int, str, str | None]]:
    """Yields the path of each file below a folder, its parent's descriptor, its name, and what it is if it is not a regular file.

    Everything is opened below the folder, whatever becomes of it meanwhile, and no link is followed."""
    seen = 0
    for place, folders, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        below = os.path.relpath(place, folder)
        for name in sorted(names) + [name for name in folders if _is_link(name, descriptor)]:
            seen += 1
            if seen > MOST_ENTRIES:
                raise FileFault(Reason.ARTIFACT_TOO_LARGE, f"The working folder has more than {MOST_ENTRIES:,} entries.")
            check()
            try:
                mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
                name.encode()
            except (OSError, UnicodeEncodeError):
                continue
            kind = None if stat.S_ISREG(mode) else "a symbolic link" if stat.S_ISLNK(mode) else "not a regular file"
            yield (name if below == "." else f"{below}/{name}"), descriptor, name, kind


def _is_link(name: str, parent: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except OSError:
        return False


def to_expression(pattern: str) -> re.Pattern[str]:
    """Returns a pattern of paths as a regular expression: `*`, `?`, `**`, `[a-z]`, `[!a-z]`, `{a,b}` and `\\` as docs/files.md has them."""
    choices = [_segments(text) for text in _expand(pattern + "**" if pattern.endswith("/") else pattern)]
    return re.compile("|".join(f"(?:{choice})" for choice in choices), re.DOTALL)


def _segments(text: str) -> str:
    # No slash is within brackets or escaped in a pattern that the service accepts.
    expression, parts = "", text.split("/")
    for number, part in enumerate(parts):
        if part == "**":
            # At the end it also takes the name of the file; elsewhere it also stands for no folder.
            expression += ".+" if number == len(parts) - 1 else "(?:[^/]+/)*"
        else:
            expression += _segment(part) + ("/" if number < len(parts) - 1 else "")
    return expression


def _segment(text: str) -> str:
    expression, at = "", 0
    while at < len(text):
        one = text[at]
        if one == "\\" and at + 1 < len(text):
            at += 1
            expression += re.escape(text[at])
        elif one == "*":
            expression += "[^/]*"
        elif one == "?":
            expression += "[^/]"
        elif one == "[" and (end := text.find("]", at + (3 if text[at + 1:at + 2] == "!" else 2))) > 0:
            is_not = text[at + 1] == "!"
            inner = re.sub(r"([][&|~^\\])", r"\\\1", text[at + (2 if is_not else 1):end])
            expression += f"[^/{inner}]" if is_not else f"[{inner}]"
            at = end
        else:
            expression += re.escape(one)
        at += 1
    return expression


def _expand(text: str) -> list[str]:
    """Returns the texts for which the braces of a pattern stand."""
    depth, begin, cuts, at = 0, -1, list[int](), 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "{":
            if depth == 0:
                begin, cuts = at, [at]
            depth += 1
        elif text[at] == "," and depth == 1:
            cuts.append(at)
        elif text[at] == "}" and depth > 0:
            depth -= 1
            if depth == 0:
                cuts.append(at)
                choices = [text[start + 1:end] for start, end in zip(cuts, cuts[1:])]
                return [made for choice in choices for made in _expand(text[:begin] + choice + text[at + 1:])]
        at += 1
    return [text]


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
