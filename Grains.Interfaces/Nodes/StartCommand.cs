using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>Tells a node to start one attempt.</summary>
/// <param name="Lease">The attempt and its lease.</param>
/// <param name="Name">The task's name, for people; empty when the spec is.</param>
/// <param name="Spec">The TaskSpec as JSON in UTF-8; empty when the node's side must read it from the store.</param>
/// <param name="SecretEnv">The <c>secretEnv</c> object as JSON; empty when there is none or the spec is empty.</param>
/// <param name="Chunk">What to evaluate, when it is a job's chunk; then there is no spec.</param>
/// <param name="AsOf"><see cref="NodeStatus.SentAt"/> of the latest heartbeat from which the lease counts; 0 when it is not known.</param>
/// <param name="OutOfMemoryFailures">How many attempts ran out of memory; the memory limit may grow with them.</param>
[GenerateSerializer, Immutable, Alias("ot.StartCommand")]
public sealed record StartCommand(
    [property: Id(0)] LeaseRef Lease,
    [property: Id(1)] string Name,
    [property: Id(2)] ReadOnlyMemory<byte> Spec,
    [property: Id(3)] ReadOnlyMemory<byte> SecretEnv,
    [property: Id(4)] ChunkWork? Chunk = null,
    [property: Id(5)] long AsOf = 0,
    [property: Id(6)] byte OutOfMemoryFailures = 0);
