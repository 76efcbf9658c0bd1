namespace OrleansTasks.Tasks;

/// <summary>Selects tasks to count by time of creation.</summary>
/// <param name="Filter">
/// The filter. Its bounds on creation are the bounds of the spans. Without them, the spans cover the time from the
/// oldest task to now.
/// </param>
/// <param name="Buckets">The number of spans, at least 1.</param>
/// <param name="Now">The current time in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskHistogramQuery")]
public sealed record TaskHistogramQuery(
    [property: Id(0)] TaskFilter Filter,
    [property: Id(1)] int Buckets,
    [property: Id(2)] long Now)
{
    /// <summary>
    /// The exclusive end of the last span in Unix milliseconds: after every counted task, unless a clock was set back.
    /// </summary>
    public long End => Filter.CreatedBefore ?? Now + 1;

    /// <summary>Creates the spans for counting tasks; null if the time range is empty.</summary>
    /// <param name="oldest">When the oldest matching task was created; ignored if the filter has a lower bound.</param>
    public HistogramDraft? Begin(long? oldest) =>
        (Filter.CreatedAfter + 1 ?? oldest) is { } from && from < End ? new HistogramDraft(from, End, Buckets) : null;
}
