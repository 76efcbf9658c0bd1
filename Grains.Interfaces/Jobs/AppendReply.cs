namespace OrleansTasks.Jobs;

/// <summary>
/// The answer to a <see cref="JobBlock"/>. Taken is how many items of the upload are stored from the block's offset on.
/// It exceeds the block's items if later blocks are stored as well. The sender resends the others.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.AppendReply")]
public readonly record struct AppendReply([property: Id(0)] AppendOutcome Outcome, [property: Id(1)] long Taken);
