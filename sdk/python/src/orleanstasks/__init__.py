"""OrleansTasks: submit tasks, and run them as Python functions. docs/python.md explains both."""

from ._http import Event
from .client import Client, LogPiece, Task, task_spec
from .context import TaskContext, current
from .errors import Cancelled, ServiceError, TaskFailed
from .files import Artifact, Files, WorkflowArtifact
from .tasks import Handle, TaskFunction, configure, task

__all__ = [
    "Artifact", "Cancelled", "Client", "Event", "Files", "Handle", "LogPiece", "ServiceError", "Task", "TaskContext",
    "TaskFailed", "TaskFunction", "WorkflowArtifact", "configure", "current", "task", "task_spec",
]
