using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Starts an attempt. An empty spec (JSON) is read from the store, unless there is a chunk. <c>AsOf</c> is the
/// <see cref="NodeStatus.SentAt"/> from which the lease counts; 0 if unknown. The memory limit may grow with failures.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.StartCommand")]
public sealed record StartCommand(
    [property: Id(0)] LeaseRef Lease,
    [property: Id(1)] string Name,
    [property: Id(2)] ReadOnlyMemory<byte> Spec,
    [property: Id(3)] ReadOnlyMemory<byte> SecretEnv,
    [property: Id(4)] ChunkWork? Chunk = null,
    [property: Id(5)] long AsOf = 0,
    [property: Id(6)] byte OutOfMemoryFailures = 0);
