using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A heartbeat: attempts that are received, running or have results; the one-minute load; the available bytes of
/// memory, and of disk space where the worker keeps its data (0 if unknown). Once a leaving worker has the reply,
/// nothing is assigned to it. <c>SentAt</c> is by the worker's own clock; 0 if unknown.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.NodeStatus")]
public sealed record NodeStatus(
    [property: Id(0)] long Session,
    [property: Id(1)] ImmutableArray<LeaseRef> Held,
    [property: Id(2)] double Load,
    [property: Id(3)] long MemoryBytes,
    [property: Id(4)] bool Leaving = false,
    [property: Id(5)] long SentAt = 0,
    [property: Id(6)] long DiskFreeBytes = 0)
{
    /// <summary>
    /// The GPUs of the machine, and which attempts have them; null from workers that do not report them.
    /// </summary>
    [Id(7)] public ImmutableArray<GpuUse>? Gpus { get; init; }

    /// <summary>
    /// How the worker can isolate commands by now. It adds to what the session already has; earlier workers name it
    /// only in their registration.
    /// </summary>
    [Id(8)] public Limits Isolates { get; init; }

    /// <summary>
    /// Whether the worker reads <see cref="StatusReply.Terms"/>; then the reply need not wait for all queues.
    /// Such workers send <see cref="SentAt"/>; earlier ones do not.
    /// </summary>
    public bool TakesTerms => SentAt != 0;
}
