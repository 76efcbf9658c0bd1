namespace OrleansTasks.Jobs;

/// <summary>How a job goes, as far as a <see cref="JobLook"/> asks for it; all parts are of one moment.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobInsight")]
public sealed record JobInsight
{
    /// <summary>The stages, what holds the job back, and the stragglers; null when not asked for or not known.</summary>
    [Id(0)] public JobFigures? Figures { get; init; }

    /// <summary>
    /// The open chunks, at most 1,000 of those that wait, and of the ended chunks the slowest, the latest and those
    /// that failed; in no order.
    /// </summary>
    [Id(1)] public ImmutableArray<JobChunk> Chunks { get; init; } = [];

    /// <summary>The states of the cells, in the source's order; the lengths add up to the cells.</summary>
    [Id(2)] public ImmutableArray<CoverageRun> Coverage { get; init; } = [];

    /// <summary>At most 601 points, oldest first; the last one is of this moment.</summary>
    [Id(3)] public ImmutableArray<JobPoint> History { get; init; } = [];
}

/// <summary>What holds a job back. Times are microseconds.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobFigures")]
public sealed record JobFigures
{
    /// <summary>How far each stage is, in the order of the work.</summary>
    [Id(0)] public ImmutableArray<JobStage> Stages { get; init; } = [];

    /// <summary>What holds the job back: source, pace, slots, stragglers, store or nothing.</summary>
    [Id(1)] public required string HeldBackBy { get; init; }

    /// <summary>How many chunks have ended.</summary>
    [Id(2)] public long ChunksEnded { get; init; }

    /// <summary>Half of the chunks took at most this, within 7 %; null before the first has ended.</summary>
    [Id(3)] public long? TookMedian { get; init; }

    /// <summary>95 % of the chunks took at most this, within 7 %; null before the first has ended.</summary>
    [Id(4)] public long? TookHigh { get; init; }

    /// <summary>The longest that a chunk took; null before the first has ended.</summary>
    [Id(5)] public long? TookMost { get; init; }

    /// <summary>The busiest node's items over the mean of the nodes that took part; 1 when they are even.</summary>
    [Id(6)] public double Skew { get; init; } = 1;

    /// <summary>So many more slots would shorten the time left; null when slots do not hold the job back.</summary>
    [Id(7)] public int? GainSlots { get; init; }

    /// <summary>By so many seconds; null with <see cref="GainSlots"/>.</summary>
    [Id(8)] public double? GainSeconds { get; init; }

    /// <summary>The chunks that take too long, the longest first.</summary>
    [Id(9)] public ImmutableArray<JobChunk> Stragglers { get; init; } = [];
}

/// <summary>How far a stage of a job is.</summary>
/// <param name="Name">Its name: source or process.</param>
/// <param name="Unit">What it counts: items or bytes.</param>
/// <param name="Done">How much is done.</param>
/// <param name="Total">How much there is; null when not known.</param>
/// <param name="PerSecond">How much a second: lately while the job runs, else over its whole life.</param>
[GenerateSerializer, Immutable, Alias("ot.JobStage")]
public sealed record JobStage(
    [property: Id(0)] string Name,
    [property: Id(1)] string Unit,
    [property: Id(2)] long Done,
    [property: Id(3)] long? Total,
    [property: Id(4)] double PerSecond);

/// <summary>A chunk of a job.</summary>
/// <param name="No">Its number in the job, from 1.</param>
/// <param name="State">queued, running, folded or failed.</param>
/// <param name="First">Its first item's place in the source, from 0; of a range its first integer; of a file a byte.</param>
/// <param name="Length">How much of the source it has: items, bytes of a file; 0 for a reduction.</param>
/// <param name="Items">How many items it has; null while a file's are not counted.</param>
/// <param name="Attempt">The latest attempt; 0 before the first.</param>
/// <param name="Node">Where that runs or ran; null when on no node.</param>
/// <param name="Micros">How long it took, or has been running, in microseconds; null when it does not run.</param>
/// <param name="EndedAt">When it ended, in Unix milliseconds; null while it is open.</param>
/// <param name="SecondNode">Where its second run is; null when there is none.</param>
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

/// <summary>Neighbouring cells of a source in one state.</summary>
/// <param name="State">folded, running, queued, failed, dropped or unread.</param>
/// <param name="Cells">How many cells, at least 1.</param>
[GenerateSerializer, Immutable, Alias("ot.CoverageRun")]
public sealed record CoverageRun([property: Id(0)] string State, [property: Id(1)] int Cells);

/// <summary>How far a job was at a time.</summary>
/// <param name="At">The time, in Unix milliseconds.</param>
/// <param name="Items">The items that were processed by then.</param>
/// <param name="Aggregate">
/// The aggregates over these items that are a single number, as a JSON object in UTF-8; empty when they have more
/// than 1 KiB.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.JobPoint")]
public sealed record JobPoint(
    [property: Id(0)] long At,
    [property: Id(1)] long Items,
    [property: Id(2)] ReadOnlyMemory<byte> Aggregate);
