using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The variable columns of a job, to be stored. Times are in Unix milliseconds; 0 means not set. A null progress keeps
/// the stored one. <paramref name="Folded"/> lists the chunks that the progress now includes, whose rows are deleted.
/// <paramref name="Parts"/> is set if the progress only refers to parts that were stored before.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobWrite")]
public sealed record JobWrite(
    [property: Id(0)] JobState State,
    [property: Id(1)] long StartedAt,
    [property: Id(2)] long EndedAt,
    [property: Id(3)] long CancelRequestedAt,
    [property: Id(4)] bool IsClosed,
    [property: Id(5)] string? Reason,
    [property: Id(6)] Blob? Progress,
    [property: Id(7)] JobSubmission? New,
    [property: Id(8)] ImmutableArray<ChunkRange> Folded,
    [property: Id(9)] ProgressParts? Parts = null)
{
    /// <summary>Maximum bytes of <see cref="Aggregate"/>: 1 MiB, as for the inputs of a workflow's node.</summary>
    public const int MostAggregate = 1 << 20;

    /// <summary>
    /// A succeeding job's aggregate for its workflow, as UTF-8 JSON; empty if too large, and in other writes.
    /// </summary>
    [Id(10)] public ReadOnlyMemory<byte> Aggregate { get; init; }

    /// <summary>The size of the aggregate in bytes, even if it is too large; 0 in other writes.</summary>
    [Id(11)] public long AggregateBytes { get; init; }
}
