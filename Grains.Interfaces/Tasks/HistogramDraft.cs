namespace OrleansTasks.Tasks;

/// <summary>Counts tasks by time span and state.</summary>
public sealed class HistogramDraft
{
    private readonly long from;
    private readonly long width;
    private readonly long[] counts;

    /// <summary>
    /// Divides a time range in Unix milliseconds into spans of equal length, at least one millisecond each.
    /// </summary>
    public HistogramDraft(long from, long end, int buckets)
    {
        this.from = from;
        width = Math.Max(1, (end - from + buckets - 1) / buckets);
        counts = new long[buckets * TaskStates.All.Length];
    }

    /// <summary>Counts a task. A task created outside all spans counts in the nearest one.</summary>
    public void Add(long createdAt, TaskState state)
    {
        var states = TaskStates.All.Length;
        var bucket = Math.Clamp((createdAt - from) / width, 0, (counts.Length / states) - 1);
        counts[(bucket * states) + (int)state]++;
    }

    /// <summary>Returns the counts.</summary>
    public TaskHistogram ToHistogram() => new(from, width, [.. counts]);
}
