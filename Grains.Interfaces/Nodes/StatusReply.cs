using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>The answer to a heartbeat.</summary>
/// <param name="SessionValid">False: the session is over; the worker registers anew before it does anything else.</param>
/// <param name="Kill">Attempts that nobody holds a lease on: their processes must die at once.</param>
[GenerateSerializer, Immutable, Alias("ot.StatusReply")]
public sealed record StatusReply(
    [property: Id(0)] bool SessionValid,
    [property: Id(1)] ImmutableArray<LeaseRef> Kill);
