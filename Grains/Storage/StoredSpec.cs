using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What a node must be told to run a task.</summary>
/// <param name="Id">The task.</param>
/// <param name="Name">For people.</param>
/// <param name="Spec">The TaskSpec as JSON in UTF-8.</param>
/// <param name="SecretEnv">The <c>secretEnv</c> object as JSON in UTF-8; empty when there is none, or the task has ended.</param>
public sealed record StoredSpec(TaskId Id, string Name, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
