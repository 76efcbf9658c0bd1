namespace OrleansTasks.Nodes;

/// <summary>
/// The number of the new session, the highest so far, and the lease and heartbeat interval in milliseconds. If the name
/// is taken, <see cref="Lease"/> is 0 if another worker was heard from, and otherwise the longest time until it is known
/// whether there is one.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.RegistrationReply")]
public sealed record RegistrationReply(
    [property: Id(0)] RegistrationOutcome Outcome,
    [property: Id(1)] long Session,
    [property: Id(2)] long Lease,
    [property: Id(3)] long Heartbeat);
