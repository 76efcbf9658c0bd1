namespace OrleansTasks.Nodes;

/// <summary>
/// The number of the new session, the highest so far, and the lease and heartbeat interval in milliseconds.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.RegistrationReply")]
public sealed record RegistrationReply(
    [property: Id(0)] RegistrationOutcome Outcome,
    [property: Id(1)] long Session,
    [property: Id(2)] long Lease,
    [property: Id(3)] long Heartbeat);
