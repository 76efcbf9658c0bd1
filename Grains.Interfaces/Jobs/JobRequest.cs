using OrleansTasks.Audit;
using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A job grain's request to its dispatcher, carried out in one commit or not at all. Epoch is the one that opening the
/// job returned, or 0 to create or open it. Opening makes all earlier epochs stale. StopsChunks drops the open chunks;
/// later reports of them are refused. At most <paramref name="Window"/> chunks wait or run at once; further ones are
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
    /// <summary>The origin of the change, stored with it; null to record none.</summary>
    [Id(8)]
    public Origin? Origin { get; init; }

    /// <summary>The stored files that the job names from now on; default or empty changes nothing.</summary>
    [Id(9)]
    public ImmutableArray<FileName> Files { get; init; } = [];
}
