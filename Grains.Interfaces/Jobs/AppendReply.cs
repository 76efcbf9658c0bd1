namespace OrleansTasks.Jobs;

/// <summary>The answer to a <see cref="JobBlock"/>. Taken is the number of its first items now stored; resend the rest.</summary>
[GenerateSerializer, Immutable, Alias("ot.AppendReply")]
public readonly record struct AppendReply([property: Id(0)] AppendOutcome Outcome, [property: Id(1)] long Taken);
