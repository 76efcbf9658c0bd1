namespace OrleansTasks.Jobs;

/// <summary>The dispatcher's answer to a <see cref="JobRequest"/>.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Epoch">The grain's epoch from now on.</param>
/// <param name="Slots">How many slots there are on nodes that would do for the job.</param>
/// <param name="Answer">The first answer, when it is a replay; why, when the source is refused; else empty.</param>
[GenerateSerializer, Immutable, Alias("ot.JobReply")]
public sealed record JobReply(
    [property: Id(0)] JobOutcome Outcome,
    [property: Id(1)] long Epoch,
    [property: Id(2)] int Slots,
    [property: Id(3)] ReadOnlyMemory<byte> Answer);
