namespace OrleansTasks.Client.Figures;

/// <summary>How many tasks have failed, by the series.</summary>
internal static class FailedTasks
{
    private const long Day = 86_400;

    /// <summary>
    /// The tasks of a queue that have failed in the last 24 hours, up to five minutes more. Steps in which nothing was
    /// noted count as none. Null when the queue has no series of its own because there are too many.
    /// </summary>
    public static long? LastDay(SeriesBook book, string queue, long now)
    {
        if (book.Find(new SeriesId("tasks.failed", "queue", queue)) is not { } failed)
            return book.All.Count < SeriesBook.Most ? 0 : null;
        var span = SeriesSpan.All[SeriesSpan.Stored];
        var last = span.StepAt(now);
        var steps = Day / span.Seconds;
        var finished = failed.Over(SeriesSpan.Stored, last - steps, steps) ?? 0;
        // The step that is not finished yet is there second by second.
        var begun = last * span.Seconds;
        return (long)(finished + (failed.Over(0, begun, now - begun + 1) ?? 0));
    }
}
