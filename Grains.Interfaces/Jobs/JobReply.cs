namespace OrleansTasks.Jobs;

/// <summary>
/// A dispatcher's answer to a job's grain: the epoch to use from now on, and the number of slots on matching nodes.
/// Answer is a replay's first answer, or why a source was refused; otherwise empty.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobReply")]
public sealed record JobReply(
    [property: Id(0)] JobOutcome Outcome,
    [property: Id(1)] long Epoch,
    [property: Id(2)] int Slots,
    [property: Id(3)] ReadOnlyMemory<byte> Answer);
