using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A task's spec and secrets, as JSON in UTF-8. Dispatchers keep neither in memory. Unless one commit both stores and
/// assigns a task, the worker's silo reads them before it sends the start command. Secrets are removed when the task
/// ends.
/// </summary>
public sealed record StoredSpec(TaskId Id, string Name, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
