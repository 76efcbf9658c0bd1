using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Jobs;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Jobs;

/// <summary>The statistics of a job, as the HTTP contract shows them.</summary>
[Schema("JobStats"), Description("What holds a job back, its stages and its stragglers.")]
internal sealed class JobStatsAnswer
{
    private readonly JobFigures figures;

    private JobStatsAnswer(JobFigures figures) => this.figures = figures;

    [Description("source: the amount read; process: the amount that workers have processed. Empty if the job cannot be "
        + "read.")]
    public IEnumerable<JobStageAnswer> Stages => figures.Stages.Select(JobStageAnswer.Of);

    [Description("What limits the job's speed.")]
    [AllowedValues("source", "pace", "starts", "slots", "stragglers", "store", "nothing")]
    public string HeldBackBy => figures.HeldBackBy;

    [Description("Durations of the ended chunks on their workers; quantiles are at most 7 % too high.")]
    public ChunkTimesAnswer ChunkTook => new(
        figures.ChunksEnded, ChunkTime.Text(figures.TookMedian), ChunkTime.Text(figures.TookHigh),
        ChunkTime.Text(figures.TookMost));

    [Description("The items of the busiest node, divided by the mean over all participating nodes.")]
    public double Skew => Math.Round(figures.Skew, 2);

    [Description("An estimate of how many seconds additional slots would save; null unless slots limit the job.")]
    public SlotGainAnswer? Gain => figures is { GainSlots: { } slots, GainSeconds: { } seconds }
        ? new SlotGainAnswer(slots, Math.Round(seconds, 1)) : null;

    [Description("The chunks that take much longer than others, longest first.")]
    public IEnumerable<StragglerAnswer> Stragglers => figures.Stragglers.Select(static chunk =>
        new StragglerAnswer(chunk.No, chunk.Node, ChunkTime.Text(chunk.Micros), chunk.SecondNode));

    /// <summary>The example of the contract.</summary>
    public static JobStatsAnswer Example => Of(new JobFigures
    {
        Stages =
        [
            new JobStage("source", "items", 5_000, 10_000, 480), new JobStage("process", "items", 4_200, 5_000, 450.5),
        ],
        HeldBackBy = "slots",
        ChunksEnded = 42,
        TookMedian = 200_000,
        TookHigh = 310_000,
        TookMost = 1_200_000,
        Skew = 1.05,
        GainSlots = 4,
        GainSeconds = 6.4,
    });

    /// <summary>Returns the answer of figures; null if the job cannot be read.</summary>
    public static JobStatsAnswer Of(JobFigures? figures) => new(figures ?? new JobFigures { HeldBackBy = "nothing" });
}

/// <summary>The progress of a stage of a job, as the HTTP contract shows it.</summary>
internal sealed record JobStageAnswer(
    [property: Description("The stage."), AllowedValues("source", "process")]
    string Name,
    [property: Description("What it counts."), AllowedValues("items", "bytes")]
    string Unit,
    [property: Description("How much it has done.")]
    long Done,
    [property: Description("Null if unknown.")]
    long? Total,
    [property: Description("The recent rate; for an ended job, the average over its whole run.")]
    double PerSecond)
{
    /// <summary>Returns the answer of a stage.</summary>
    public static JobStageAnswer Of(JobStage stage) => new(
        stage.Name, stage.Unit, stage.Done, stage.Total,
        double.IsFinite(stage.PerSecond) ? Math.Round(stage.PerSecond, 1) : 0);
}

/// <summary>How long the chunks of a job took, as the HTTP contract shows it.</summary>
internal sealed record ChunkTimesAnswer(
    [property: Description("The number of ended chunks.")]
    long Count,
    [property: Description("The median; null before the first chunk has ended.")]
    string? P50,
    [property: Description("The 95th percentile; null like p50.")]
    string? P95,
    [property: Description("The longest; null like p50.")]
    string? Max);

/// <summary>What additional slots would save, as the HTTP contract shows it.</summary>
internal sealed record SlotGainAnswer(
    [property: Description("The number of additional slots.")]
    int Slots,
    [property: Description("The seconds that they would save.")]
    double Seconds);

/// <summary>A chunk that takes much longer than others, as the HTTP contract shows it.</summary>
internal sealed record StragglerAnswer(
    [property: Description("The chunk's number.")]
    long No,
    [property: Description("The node that runs it.")]
    string? Node,
    [property: Description("How long it has been running.")]
    string? RunningFor,
    [property: Description("The node of the chunk's second run.")]
    string? SecondRunOn);

/// <summary>A chunk of a job, as the HTTP contract shows it.</summary>
[Schema("JobChunk"), Description("A part of a job's source, which a worker processes as a whole.")]
internal sealed class JobChunkAnswer
{
    private readonly JobChunk chunk;

    private JobChunkAnswer(JobChunk chunk) => this.chunk = chunk;

    [Description("The chunk's number.")]
    public long No => chunk.No;

    [Description("The chunk's state. folded: the aggregate covers it.")]
    [AllowedValues("queued", "running", "folded", "failed")]
    public string State => chunk.State;

    [Description("The node of the latest attempt.")]
    public string? Node => chunk.Node;

    [Description("0 before the first attempt.")]
    public int Attempt => chunk.Attempt;

    [Description("For an ended chunk, the number of processed items; null while the items of a file are not counted.")]
    public long? Items => chunk.Items;

    [Description("How long the latest attempt took or has been running; null if none is running.")]
    public string? Took => ChunkTime.Text(chunk.Micros);

    [Description("Where the chunk begins: the place of its first item, from 0; for a range, the integer itself; for a "
        + "file, a byte.")]
    public long First => chunk.First;

    [Description("The number of items, or of bytes for a file; 0 if the chunk combines results of other chunks.")]
    public long Length => chunk.Length;

    [Description("When the chunk ended.")]
    public Timestamp? EndedAt => chunk.EndedAt;

    [Description("The node of the chunk's second run.")]
    public string? SecondRunOn => chunk.SecondNode;

    /// <summary>The example of the contract.</summary>
    public static JobChunkAnswer Example =>
        Of(new JobChunk(17, "folded", 1_600, 100, 100, 1, "w1", 9_000_000, Examples.Time + 9_000, null));

    /// <summary>Returns the answer of a chunk.</summary>
    public static JobChunkAnswer Of(JobChunk chunk) => new(chunk);
}

/// <summary>How a job went, as the HTTP contract shows it.</summary>
[Schema("JobHistory"), Description("How a job's items and aggregates grew over time.")]
internal sealed record JobHistoryAnswer(
    [property: Description("Oldest first; the last one is the present.")]
    IEnumerable<JobPointAnswer> Points)
{
    /// <summary>The example of the contract.</summary>
    public static JobHistoryAnswer Example =>
        Of([new JobPoint(Examples.Time + 250, 120, """{"total":7140}"""u8.ToArray())]);

    /// <summary>Returns the answer of points.</summary>
    public static JobHistoryAnswer Of(ImmutableArray<JobPoint> points) => new(points.Select(static point =>
        new JobPointAnswer(point.At, point.Items, point.Aggregate.IsEmpty ? null : new WrittenJson(point.Aggregate))));
}

/// <summary>A job at one time, as the HTTP contract shows it.</summary>
internal sealed record JobPointAnswer(
    [property: Description("The time.")]
    Timestamp At,
    [property: Description("The number of items processed by this time.")]
    long Items,
    [property: Description("The aggregates that are a single number, exact for these items; null if they exceed "
        + "1 KiB.")]
    WrittenJson? Aggregate);

/// <summary>Durations of chunks, as the HTTP contract shows them.</summary>
internal static class ChunkTime
{
    // Workers report the duration, so do not trust it: cap it at about a century, which TimeSpan can hold.
    private const long Most = 3_000_000_000_000_000;

    /// <summary>Returns the text of microseconds; null for null.</summary>
    public static string? Text(long? micros) =>
        micros is { } known ? Durations.Format(TimeSpan.FromMicroseconds(Math.Min(known, Most))) : null;
}
