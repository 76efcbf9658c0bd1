namespace OrleansTasks.Client.Figures;

/// <summary>Counts failed tasks from the series.</summary>
internal static class FailedTasks
{
    private const long Day = 86_400;

    /// <summary>
    /// Returns how many tasks of a queue have failed in the last 24 hours plus up to five minutes. A step without a
    /// value counts as 0. Returns null if the queue has no series of its own because there are too many.
    /// </summary>
    public static long? LastDay(SeriesBook book, string queue, long now)
    {
        if (book.Find(new SeriesId("tasks.failed", "queue", queue)) is not { } failed)
            return book.All.Count < SeriesBook.Most ? 0 : null;
        var span = SeriesSpan.All[SeriesSpan.Stored];
        var last = span.StepAt(now);
        var steps = Day / span.Seconds;
        var finished = failed.Over(SeriesSpan.Stored, last - steps, steps) ?? 0;
        // The current five-minute step is not finished, so add up its seconds.
        var begun = last * span.Seconds;
        return (long)(finished + (failed.Over(0, begun, now - begun + 1) ?? 0));
    }
}
