namespace OrleansTasks.Jobs;

/// <summary>Answer to a <see cref="JobBlock"/>: how many of its first items are on disk; resend the rest.</summary>
[GenerateSerializer, Immutable, Alias("ot.AppendReply")]
public readonly record struct AppendReply([property: Id(0)] AppendOutcome Outcome, [property: Id(1)] long Taken);
