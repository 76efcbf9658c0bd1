namespace OrleansTasks.Nodes;

/// <summary>The session, with the highest number so far; lease and heartbeat in milliseconds.</summary>
[GenerateSerializer, Immutable, Alias("ot.RegistrationReply")]
public sealed record RegistrationReply(
    [property: Id(0)] RegistrationOutcome Outcome,
    [property: Id(1)] long Session,
    [property: Id(2)] long Lease,
    [property: Id(3)] long Heartbeat);
