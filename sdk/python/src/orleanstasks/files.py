"""Files that travel with tasks: what they need, and what they leave (docs/files.md)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ._http import Answer, Gateway, Repeat

BLOCK = 256 * 1024
#: How many names one question may have.
MOST_NAMES = 10_000
Source = str | os.PathLike[str] | bytes
"""The path of a file or folder on this machine, or bytes."""
Inputs = Mapping[str, Source] | Sequence[Mapping[str, Any]]
"""The files of a task: what is put where in its working folder, or the entries of the HTTP contract."""


@dataclass(frozen=True)
class Artifact:
    """A file that a task left. `file` is the name of its bytes, `path` is relative to the task's working folder."""

    path: str
    file: str
    bytes: int
    executable: bool


@dataclass(frozen=True)
class WorkflowArtifact:
    """A file that a node of a workflow left. `item` is None for a node without `forEach`.

    `client.files.get(artifact.file)` returns its bytes.
    """

    node: str
    item: int | None
    task: str
    path: str
    file: str
    bytes: int
    executable: bool


class Files:
    """The files of the service. A file is immutable. Its name is `sha256:` and the 64 hexadecimal digits of its hash."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def put(self, source: Source) -> str:
        """Stores a file or bytes, and returns the name. Bytes that the service has are not sent again."""
        return self._put([_Local("", source)])[0]

    def entries(self, inputs: Inputs) -> list[dict[str, Any]]:
        """Stores the files of a task, and returns them as the entries of its spec: for a workflow's node or a batch.

        `{"sales.csv": "/data/sales.csv", "lib/": "src/lib", "note.txt": b"hello"}`. The path of a folder ends with `/`.
        Links to files are followed; links to folders, pipes and devices are left out. Executable bits are kept.
        """
        if not isinstance(inputs, Mapping):
            return [dict(entry) for entry in inputs]
        found = [one for path, source in inputs.items() for one in _locals(path, source)]
        names = self._put(found)
        return [
            {"path": one.path, "file": name, **({"executable": True} if one.executable else {})}
            for one, name in zip(found, names)
        ]

    def missing(self, files: Iterable[str]) -> list[str]:
        """Returns which of these are not stored."""
        asked, missing = list(files), list[str]()
        for first in range(0, len(asked), MOST_NAMES):
            body = {"files": asked[first:first + MOST_NAMES]}
            missing += self._gateway.call("POST", "/api/v1/files/missing", body=body, repeat=Repeat.ALWAYS)["missing"]
        return missing

    def get(self, file: str) -> bytes:
        """Returns the bytes of a stored file."""
        with self._open(file) as answer:
            return answer.read()

    def save(self, file: str, path: str | os.PathLike[str]) -> None:
        """Writes a stored file to a path. If that fails, the path has what it had before."""
        with self._open(file) as answer:
            _save(answer, file, os.fspath(path), executable=False)

    def _open(self, file: str) -> Answer:
        return self._gateway.open("GET", "/api/v1/files/" + quote(file, safe=":"))

    def _put(self, found: Sequence[_Local]) -> list[str]:
        names = [one.name() for one in found]
        missing = set(self.missing(dict.fromkeys(names)))
        for one, name in zip(found, names):
            if name in missing:
                headers = {"Content-Type": "application/octet-stream", "Content-Length": str(one.size)}
                with self._gateway.open("PUT", "/api/v1/files/" + name, body=one, headers=headers) as answer:
                    answer.read()
                missing.remove(name)
        return names

    def list(self, sort: str = "age") -> Iterator[dict[str, Any]]:
        """Lists the stored files, the oldest first; with the sort `size`, the largest first. Needs the scope `operate`."""
        return self._gateway.list("/api/v1/files", {"sort": sort})


class _Local:
    """A file of this machine. Its bytes can be read again and again, because a request may be repeated."""

    def __init__(self, path: str, source: Source) -> None:
        self.path, self._source = path, source
        status = None if isinstance(source, bytes) else os.stat(source)
        self.size = len(source) if isinstance(source, bytes) else status.st_size if status else 0
        self.executable = status is not None and bool(status.st_mode & 0o100)

    def name(self) -> str:
        digest = hashlib.sha256()
        for block in self:
            digest.update(block)
        return "sha256:" + digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self._source, bytes):
            yield self._source
            return
        with open(self._source, "rb") as file:
            while block := file.read(BLOCK):
                yield block


def _locals(path: str, source: Source) -> Iterator[_Local]:
    if isinstance(source, bytes) or not os.path.isdir(source):
        yield _Local(path, source)
        return
    if not path.endswith("/"):
        raise ValueError(f"{os.fspath(source)!r} is a folder: its path must end with '/', as in '{path}/'")
    root = os.fspath(source)
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            whole = os.path.join(folder, name)
            if os.path.isfile(whole):
                yield _Local(path + os.path.relpath(whole, root).replace(os.sep, "/"), whole)


def save_artifact(answer: Answer, artifact: Artifact, folder: str | os.PathLike[str]) -> str:
    """Writes an artifact below a folder, and returns the path of the file."""
    parts = artifact.path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"{artifact.path!r} is not a path below a folder")
    path = os.path.join(os.fspath(folder), *parts)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    _save(answer, artifact.file, path, artifact.executable)
    return path


def _save(answer: Answer, file: str, path: str, executable: bool) -> None:
    digest = hashlib.sha256()
    temporary = os.path.join(os.path.dirname(path), f".otask-{secrets.token_hex(8)}")
    # The system applies the umask. Reading it would change it for all threads.
    mode = 0o777 if executable else 0o666
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as target:
            while block := answer.read(BLOCK):
                digest.update(block)
                target.write(block)
        if "sha256:" + digest.hexdigest() != file:
            raise OSError(f"the bytes that arrived are not those of {file}; try again")
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
