namespace OrleansTasks.Jobs;

/// <summary>
/// Details of a job's progress: the parts that a <see cref="JobLook"/> asks for, all as of one moment.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobInsight")]
public sealed record JobInsight
{
    /// <summary>Stages, bottleneck and stragglers; null if not requested or not known.</summary>
    [Id(0)] public JobFigures? Figures { get; init; }

    /// <summary>
    /// Chunks in no particular order: open ones (at most 1,000 of those that wait), and the slowest, latest and failed
    /// of the ended ones.
    /// </summary>
    [Id(1)] public ImmutableArray<JobChunk> Chunks { get; init; } = [];

    /// <summary>The states of the cells in the source's order, run-length encoded.</summary>
    [Id(2)] public ImmutableArray<CoverageRun> Coverage { get; init; } = [];

    /// <summary>At most 601 points in time, oldest first. The last point is the present.</summary>
    [Id(3)] public ImmutableArray<JobPoint> History { get; init; } = [];
}

/// <summary>Figures that show what limits a job's speed. Times are in microseconds.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobFigures")]
public sealed record JobFigures
{
    /// <summary>The progress of each stage, in the order of processing.</summary>
    [Id(0)] public ImmutableArray<JobStage> Stages { get; init; } = [];

    /// <summary>The bottleneck, in lower case: source, pace, starts, slots, stragglers, store or nothing.</summary>
    [Id(1)] public required string HeldBackBy { get; init; }

    /// <summary>The number of ended chunks.</summary>
    [Id(2)] public long ChunksEnded { get; init; }

    /// <summary>The median chunk duration, accurate to 7 %; null before the first chunk ends.</summary>
    [Id(3)] public long? TookMedian { get; init; }

    /// <summary>The 95th percentile of chunk durations, accurate to 7 %; null before the first chunk ends.</summary>
    [Id(4)] public long? TookHigh { get; init; }

    /// <summary>The longest chunk duration; null before the first chunk ends.</summary>
    [Id(5)] public long? TookMost { get; init; }

    /// <summary>
    /// The busiest node's items divided by the mean over participating nodes; 1 if evenly distributed.
    /// </summary>
    [Id(6)] public double Skew { get; init; } = 1;

    /// <summary>
    /// The number of additional slots that would shorten the time left; null unless slots are the bottleneck.
    /// </summary>
    [Id(7)] public int? GainSlots { get; init; }

    /// <summary>The seconds that <see cref="GainSlots"/> would save; null if that is null.</summary>
    [Id(8)] public double? GainSeconds { get; init; }

    /// <summary>The stragglers, longest duration first.</summary>
    [Id(9)] public ImmutableArray<JobChunk> Stragglers { get; init; } = [];
}

/// <summary>
/// A stage's progress in items or bytes. PerSecond is the recent rate, or the mean once the job has ended.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobStage")]
public sealed record JobStage(
    [property: Id(0)] string Name,
    [property: Id(1)] string Unit,
    [property: Id(2)] long Done,
    [property: Id(3)] long? Total,
    [property: Id(4)] double PerSecond);

/// <summary>
/// A chunk of a job. State is <c>queued</c>, <c>running</c>, <c>folded</c> or <c>failed</c>. First is the place of the
/// first item from 0, a range's integer, or a file's byte offset. Length is in items, or in bytes for a file; it is 0
/// for a reduction. Items is null until a file's items are counted. Attempt is 0 before the first attempt. Micros is
/// the duration so far in microseconds. EndedAt is in Unix milliseconds.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobChunk")]
public sealed record JobChunk(
    [property: Id(0)] long No,
    [property: Id(1)] string State,
    [property: Id(2)] long First,
    [property: Id(3)] long Length,
    [property: Id(4)] long? Items,
    [property: Id(5)] int Attempt,
    [property: Id(6)] string? Node,
    [property: Id(7)] long? Micros,
    [property: Id(8)] long? EndedAt,
    [property: Id(9)] string? SecondNode);

/// <summary>Adjacent cells in one state: folded, running, queued, failed, dropped or unread.</summary>
[GenerateSerializer, Immutable, Alias("ot.CoverageRun")]
public sealed record CoverageRun([property: Id(0)] string State, [property: Id(1)] int Cells);

/// <summary>
/// A job's progress at a time in Unix milliseconds: the number of processed items, and their single-number aggregates
/// as a JSON object in UTF-8, which is empty if larger than 1 KiB.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobPoint")]
public sealed record JobPoint(
    [property: Id(0)] long At,
    [property: Id(1)] long Items,
    [property: Id(2)] ReadOnlyMemory<byte> Aggregate);
