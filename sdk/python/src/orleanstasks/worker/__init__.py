"""A worker that runs functions: `python -m orleanstasks.worker MODULE`. Needs grpcio, protobuf and, to join, cryptography."""

from ._agent import FolderInUse, NameTaken, Worker
from ._identity import IdentityRefused
from ._process import ModuleBroken

__all__ = ["FolderInUse", "IdentityRefused", "ModuleBroken", "NameTaken", "Worker"]
