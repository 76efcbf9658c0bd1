using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>A job's changing columns as they shall be stored. Times are Unix milliseconds; 0 means not set.</summary>
/// <param name="State">Its state.</param>
/// <param name="StartedAt">When its first chunk was given out.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="CancelRequestedAt">When a cancel was asked for.</param>
/// <param name="IsClosed">Whether its stream takes no more items.</param>
/// <param name="Reason">Why it failed, a stable word; null when it did not.</param>
/// <param name="Progress">The fold so far, in the job grain's own form; null leaves the stored one.</param>
/// <param name="New">Set when the job is new.</param>
/// <param name="Folded">Ranges of chunk numbers, first and last, that <paramref name="Progress"/> now covers: their rows go.</param>
/// <param name="Parts">Set when <paramref name="Progress"/> only refers to parts that were put before.</param>
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
    /// <summary>The most bytes of <see cref="Aggregate"/>: as much as the inputs of a node may have, 1 MiB.</summary>
    public const int MostAggregate = 1 << 20;

    /// <summary>
    /// What a job that succeeds leaves for the workflow whose node it runs for: its aggregate as JSON in UTF-8. Empty in any
    /// other write, and when it has more than <see cref="MostAggregate"/> bytes.
    /// </summary>
    [Id(10)] public ReadOnlyMemory<byte> Aggregate { get; init; }

    /// <summary>The size of the aggregate in bytes, also of one that is too large; 0 in any other write.</summary>
    [Id(11)] public long AggregateBytes { get; init; }
}
