using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Counts of tasks by the time of their creation, as the HTTP contract shows them.</summary>
[Schema("TaskHistogram"), Description("How many tasks were created when.")]
internal sealed record HistogramAnswer(
    [property: Description("Spans of equal length, oldest first; empty if no task matches and the filters have no time.")]
    [property: MaxLength(200)]
    IReadOnlyList<HistogramBucket> Buckets,
    [property: Description("The end of the last span.")]
    Timestamp? To)
{
    /// <summary>The example of the contract.</summary>
    public static HistogramAnswer Example => new(
        [new HistogramBucket(Examples.Time, new CountMap([KeyValuePair.Create("succeeded", 2L)]))],
        Examples.Time + 60_000);

    /// <summary>Returns the answer of a histogram.</summary>
    /// <param name="histogram">The counts.</param>
    /// <param name="end">The end of the last span, in Unix milliseconds.</param>
    public static HistogramAnswer Of(TaskHistogram histogram, long end)
    {
        var states = TaskStates.All.Length;
        var buckets = Enumerable.Range(0, histogram.Counts.Length / states).Select(bucket => new HistogramBucket(
            histogram.From + (bucket * histogram.Width),
            CountMap.OfStates(state => histogram.Counts[(bucket * states) + (int)state])));
        return new HistogramAnswer([.. buckets], histogram.Counts.IsEmpty ? null : end);
    }
}

/// <summary>The tasks of one span of a histogram.</summary>
internal sealed record HistogramBucket(
    [property: Description("The beginning of the span.")]
    Timestamp From,
    [property: Description("The number of tasks by state, without states that no task has."), RefersTo("Counts")]
    CountMap ByState);
