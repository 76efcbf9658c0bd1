using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A task's spec and secrets, JSON in UTF-8. Dispatchers keep none in memory: unless one commit stores and assigns a
/// task, the worker's silo reads them before it sends the start command. Secrets go when the task ends.
/// </summary>
public sealed record StoredSpec(TaskId Id, string Name, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
