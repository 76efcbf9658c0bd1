using OrleansTasks.Jobs;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A command that starts an attempt. Spec is JSON; without spec and chunk, the silo reads it from the
/// store. <c>AsOf</c> is the <see cref="NodeStatus.SentAt"/> from which the lease counts; 0 if unknown.
/// OutOfMemoryFailures determines how far the memory limit has grown. Resources are reserved for the attempt; null for none.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.StartCommand")]
public sealed record StartCommand(
    [property: Id(0)] LeaseRef Lease,
    [property: Id(1)] string Name,
    [property: Id(2)] ReadOnlyMemory<byte> Spec,
    [property: Id(3)] ReadOnlyMemory<byte> SecretEnv,
    [property: Id(4)] ChunkWork? Chunk = null,
    [property: Id(5)] long AsOf = 0,
    [property: Id(6)] byte OutOfMemoryFailures = 0)
{
    /// <summary>Whether the command must run in a sandbox, because of its spec or its queue.</summary>
    [Id(7)] public bool IsSandboxed { get; init; }

    /// <summary>What is reserved for the attempt besides a slot; null for nothing.</summary>
    [Id(8)] public ResourceVector? Resources { get; init; }

    /// <summary>How long the attempt runs at most, in milliseconds; 0 if unknown or if it has no resources.</summary>
    [Id(9)] public long Lasts { get; init; }
}
