using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>What a job's grain asks of its dispatcher: all of it in one commit, or nothing.</summary>
/// <param name="Job">The job.</param>
/// <param name="Epoch">The grain's epoch, as its opening gave it; 0 for a new job and for an opening.</param>
/// <param name="Opens">Whether the grain begins: every earlier epoch is void from then on.</param>
/// <param name="Write">What to store of the job; null for nothing.</param>
/// <param name="Chunks">New chunks.</param>
/// <param name="StopsChunks">Whether to drop the job's open chunks: what their holders report later is refused.</param>
/// <param name="Idempotency">What to remember of a new job's request; null when it had no key.</param>
/// <param name="Window">How many of its chunks may wait or run at once; the others are stored and wait behind them.</param>
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
    /// <summary>Who asked for the change, to be stored with it; null when nobody is to be recorded.</summary>
    [Id(8)]
    public Origin? Origin { get; init; }
}
