namespace OrleansTasks.Tasks;

/// <summary>Which tasks are counted by the time of their creation.</summary>
/// <param name="Filter">
/// Which tasks. Its bounds of creation are the bounds of the spans; without them the spans go from the oldest task to now.
/// </param>
/// <param name="Buckets">How many spans, from 1.</param>
/// <param name="Now">Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskHistogramQuery")]
public sealed record TaskHistogramQuery(
    [property: Id(0)] TaskFilter Filter,
    [property: Id(1)] int Buckets,
    [property: Id(2)] long Now)
{
    /// <summary>Unix milliseconds at which the last span ends: later than every task that is counted, but for a clock set back.</summary>
    public long End => Filter.CreatedBefore ?? Now + 1;

    /// <summary>Makes the spans, and counts tasks in them; null when there is no time to divide.</summary>
    /// <param name="oldest">When the oldest task that matches was created; not asked for when the filter says from when on.</param>
    public HistogramDraft? Begin(long? oldest) =>
        (Filter.CreatedAfter + 1 ?? oldest) is { } from && from < End ? new HistogramDraft(from, End, Buckets) : null;
}
