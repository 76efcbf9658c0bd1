namespace OrleansTasks.Jobs;

/// <summary>The answer to a <see cref="JobBlock"/>.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Taken">How many of its items, from the first on, are on disk; the rest is to be sent again.</param>
[GenerateSerializer, Immutable, Alias("ot.AppendReply")]
public readonly record struct AppendReply([property: Id(0)] AppendOutcome Outcome, [property: Id(1)] long Taken);
