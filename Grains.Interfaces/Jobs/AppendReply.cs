namespace OrleansTasks.Jobs;

/// <summary>
/// The answer to a <see cref="JobBlock"/>. Taken is how many of its first items are stored; the sender resends the
/// others.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.AppendReply")]
public readonly record struct AppendReply([property: Id(0)] AppendOutcome Outcome, [property: Id(1)] long Taken);
