using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>The answer to a heartbeat.</summary>
/// <param name="SessionValid">False: the session is over; the worker registers anew before it does anything else.</param>
/// <param name="Kill">Attempts that nobody holds a lease on: their processes must die at once.</param>
[GenerateSerializer, Immutable, Alias("ot.StatusReply")]
public sealed record StatusReply(
    [property: Id(0)] bool SessionValid,
    [property: Id(1)] ImmutableArray<LeaseRef> Kill)
{
    /// <summary>
    /// From when the leases of the held attempts count, by queue. A queue without an entry has confirmed
    /// nothing in this session.
    /// </summary>
    [Id(2)] public ImmutableArray<LeaseTerm> Terms { get; init; } = [];

    /// <summary>
    /// Whether the dispatcher of every queue of a held attempt has renewed its leases since the heartbeat arrived.
    /// A worker that does not read <see cref="Terms"/> may take the answer for a renewal only then.
    /// </summary>
    [Id(3)] public bool AllRenewed { get; init; }
}
