using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>One heartbeat of a worker.</summary>
/// <param name="Session">The session it belongs to.</param>
/// <param name="Held">The attempts that it runs, has received or still has results of.</param>
/// <param name="Load">The machine's load average over one minute.</param>
/// <param name="MemoryBytes">Memory available on the machine.</param>
/// <param name="Leaving">Whether it shuts down: when the answer is there, nobody assigns anything to it any more.</param>
/// <param name="SentAt">When it was sent, by the worker's own clock, which nobody else can read; 0 when it does not say.</param>
[GenerateSerializer, Immutable, Alias("ot.NodeStatus")]
public sealed record NodeStatus(
    [property: Id(0)] long Session,
    [property: Id(1)] ImmutableArray<LeaseRef> Held,
    [property: Id(2)] double Load,
    [property: Id(3)] long MemoryBytes,
    [property: Id(4)] bool Leaving = false,
    [property: Id(5)] long SentAt = 0)
{
    /// <summary>
    /// Whether the worker reads <see cref="StatusReply.Terms"/>. The answer then comes soon, whatever queues have
    /// confirmed by then.
    /// </summary>
    public bool TakesTerms => SentAt != 0;
}
