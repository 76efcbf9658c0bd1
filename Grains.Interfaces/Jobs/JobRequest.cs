using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A job grain's request to its dispatcher, done in one commit or not at all. The epoch is the one that the grain's
/// opening returned, 0 to create or open a job; opening makes all earlier epochs stale. Stopping drops the open chunks,
/// and later reports of them are refused. At most <paramref name="Window"/> chunks wait or run at once; others are
/// stored and parked.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobRequest")]
public sealed record JobRequest(
    [property: Id(0)] TaskId Job,
    [property: Id(1)] long Epoch,
    [property: Id(2)] bool Opens,
    [property: Id(3)] JobWrite? Write,
    [property: Id(4)] ImmutableArray<ChunkPlan> Chunks,
    [property: Id(5)] bool StopsChunks,
    [property: Id(6)] IdempotencyEntry? Idempotency,
    [property: Id(7)] int Window)
{
    /// <summary>Who asked for the change, stored with it; null if nobody is to be recorded.</summary>
    [Id(8)]
    public Origin? Origin { get; init; }
}
