namespace OrleansTasks.Nodes;

/// <summary>The answer to a registration.</summary>
/// <param name="Outcome">Whether there is a session.</param>
/// <param name="Session">The session's number: larger than every earlier one of this node.</param>
/// <param name="Lease">The lease's term in milliseconds.</param>
/// <param name="Heartbeat">Milliseconds between two reports.</param>
[GenerateSerializer, Immutable, Alias("ot.RegistrationReply")]
public sealed record RegistrationReply(
    [property: Id(0)] RegistrationOutcome Outcome,
    [property: Id(1)] long Session,
    [property: Id(2)] long Lease,
    [property: Id(3)] long Heartbeat);
