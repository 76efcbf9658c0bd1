namespace OrleansTasks.Jobs;

/// <summary>A job's progress in the parts that a <see cref="JobLook"/> asks for, all of one moment.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobInsight")]
public sealed record JobInsight
{
    /// <summary>Stages, bottleneck and stragglers; null if not asked for or not known.</summary>
    [Id(0)] public JobFigures? Figures { get; init; }

    /// <summary>Unordered: open chunks (at most 1,000 waiting); of the ended the slowest, latest, failed.</summary>
    [Id(1)] public ImmutableArray<JobChunk> Chunks { get; init; } = [];

    /// <summary>States of the cells in the source's order, run-length encoded.</summary>
    [Id(2)] public ImmutableArray<CoverageRun> Coverage { get; init; } = [];

    /// <summary>At most 601 points, oldest first; the last is the present.</summary>
    [Id(3)] public ImmutableArray<JobPoint> History { get; init; } = [];
}

/// <summary>What holds a job back. Times are in microseconds.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobFigures")]
public sealed record JobFigures
{
    /// <summary>Progress of each stage, in the order of processing.</summary>
    [Id(0)] public ImmutableArray<JobStage> Stages { get; init; } = [];

    /// <summary>The bottleneck: source, pace, slots, stragglers, store or nothing.</summary>
    [Id(1)] public required string HeldBackBy { get; init; }

    /// <summary>Number of ended chunks.</summary>
    [Id(2)] public long ChunksEnded { get; init; }

    /// <summary>Median chunk duration, within 7 %; null before the first end.</summary>
    [Id(3)] public long? TookMedian { get; init; }

    /// <summary>95th percentile of chunk durations, within 7 %; null before the first end.</summary>
    [Id(4)] public long? TookHigh { get; init; }

    /// <summary>Longest chunk duration; null before the first end.</summary>
    [Id(5)] public long? TookMost { get; init; }

    /// <summary>The busiest node's items divided by the mean of all participating nodes; 1 if even.</summary>
    [Id(6)] public double Skew { get; init; } = 1;

    /// <summary>More slots that would shorten the time left; null unless slots are the bottleneck.</summary>
    [Id(7)] public int? GainSlots { get; init; }

    /// <summary>Seconds that <see cref="GainSlots"/> would save; null with it.</summary>
    [Id(8)] public double? GainSeconds { get; init; }

    /// <summary>Stragglers, longest first.</summary>
    [Id(9)] public ImmutableArray<JobChunk> Stragglers { get; init; } = [];
}

/// <summary>A stage's progress in items or bytes. The rate is recent while the job runs, then the mean.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobStage")]
public sealed record JobStage(
    [property: Id(0)] string Name,
    [property: Id(1)] string Unit,
    [property: Id(2)] long Done,
    [property: Id(3)] long? Total,
    [property: Id(4)] double PerSecond);

/// <summary>
/// A chunk: queued, running, folded or failed. First is its item's place from 0, a range's integer or a file's byte.
/// Length is in items, or in bytes of a file, and 0 for a reduction. Items is null while a file's are uncounted.
/// Attempt is 0 before the first. Micros is how long it took or has been running, in microseconds. EndedAt is in Unix
/// milliseconds.
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
/// Progress at a time (Unix milliseconds): items processed, and their single-number aggregates as a UTF-8 JSON object,
/// empty if larger than 1 KiB.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobPoint")]
public sealed record JobPoint(
    [property: Id(0)] long At,
    [property: Id(1)] long Items,
    [property: Id(2)] ReadOnlyMemory<byte> Aggregate);
