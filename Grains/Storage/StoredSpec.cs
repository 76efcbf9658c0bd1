using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// What a worker must be told to run a task. Dispatchers do not keep specs in memory: a start command has the spec only
/// if one commit both stores and assigns the task. Otherwise the silo that the worker is connected to reads the spec
/// from the store just before it sends the command (<see cref="ITaskStore.ReadSpecs"/>).
/// </summary>
/// <param name="Id">The task.</param>
/// <param name="Name">The task's name, for people.</param>
/// <param name="Spec">The TaskSpec as JSON in UTF-8, without the secrets.</param>
/// <param name="SecretEnv">
/// The <c>secretEnv</c> object as JSON in UTF-8; empty when the task has none, or when the task has ended.
/// </param>
public sealed record StoredSpec(TaskId Id, string Name, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
